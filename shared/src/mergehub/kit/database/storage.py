"""Room on the disk of the stores: what would fill the rest of it is refused in time."""

from __future__ import annotations

import os
from pathlib import Path

from mergehub.kit.problems.exhausted import StorageFull

LOW_BYTES = 32 << 20
"""PostgreSQL stops without room for the next 16 MiB of its log, and then nobody could read."""


def check_room(folder: Path | None) -> None:
    """Raise StorageFull where the disk of `folder` has too little room for a write.

    Without a folder the stores are elsewhere, and say themselves when their disk is full.
    """
    if folder is None:
        return
    try:
        disk = os.statvfs(folder)
    except OSError:  # it is not there, or not ours to see
        return
    if disk.f_bavail * disk.f_frsize < LOW_BYTES:
        raise StorageFull("The disk of the hub's data is full, and nothing was stored.")
