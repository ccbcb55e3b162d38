"""Refuses writes before the disk of the stores is full."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from mergehub.kit.problems.exhausted import StorageFull

LOW_BYTES = 32 << 20
"""PostgreSQL stops, even for readers, if it has no room for the next 16 MiB of its log."""


class DiskMetrics(Collector):
    """The free space on the disk of a folder, read at each scrape."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterator[GaugeMetricFamily]:
        meaning = "Free space on the disk of the stores, if they are on this machine"
        family = GaugeMetricFamily("mergehub_disk_free_bytes", meaning)
        with suppress(OSError):
            disk = os.statvfs(self._folder)
            family.add_metric([], disk.f_bavail * disk.f_frsize)
        yield family


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
