"""Refuses writes before the disk of the stores is full."""

from __future__ import annotations

import os
from pathlib import Path

from mergehub.kit.problems.exhausted import StorageFull

LOW_BYTES = 32 << 20
"""PostgreSQL stops, even for readers, if it has no room for the next 16 MiB of its log."""


def check_room(folder: Path | None) -> None:
    """Raise StorageFull if the disk of `folder` has too little room for a write.

    Without a folder, the stores are on another machine and report a full disk themselves.
    """
    if folder is None:
        return
    try:
        disk = os.statvfs(folder)
    except OSError:  # the folder is missing, or we may not read it
        return
    if disk.f_bavail * disk.f_frsize < LOW_BYTES:
        raise StorageFull("The disk of the hub's data is full. Nothing was stored.")
