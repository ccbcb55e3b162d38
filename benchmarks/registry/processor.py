"""What a process has used: time of processors to the nanosecond, and memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import psutil


def seconds(pid: int) -> float:
    """How long processors have worked for the threads of a process."""
    used = (each.read_text().split()[0] for each in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(map(int, used)) / 1e9


def working(service: psutil.Process) -> tuple[float, float]:
    """How long processors have worked for a service with its children, and for PostgreSQL."""
    mine = psutil.Process().children(recursive=True)
    stores = [each for each in mine if each.name() == "postgres"]
    return _used([service, *service.children(recursive=True)]), _used(stores)


def _used(processes: Sequence[psutil.Process]) -> float:
    """Also what their children used that have ended: connections come and go."""
    return sum(sum(each.cpu_times()[:4]) for each in processes)


def memory(process: psutil.Process) -> dict[str, float]:
    """Megabytes: what it has for itself (USS), its share (PSS), and what is no page of a file."""
    info = process.memory_full_info()
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    anonymous = next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))
    return {
        "USS": info.uss / 1e6,
        "PSS": info.pss / 1e6,
        "RSS": info.rss / 1e6,
        "not of files": anonymous * 1024 / 1e6,
    }
