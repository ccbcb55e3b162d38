"""Reads from the kernel's counters whether it killed a process because memory ran out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")
GROUPS = Path("/sys/fs/cgroup")
KILLS = "oom_kill"


def memory_kills(proc: Path = PROC, groups: Path = GROUPS) -> int | None:
    """A count that grows with each such kill in our group, or None if the kernel has no counter.

    Sources: the kernel's admin guides, cgroup-v2 (`memory.events`) and cgroup-v1/memory
    (`memory.oom_control`); `oom_kill` in /proc/vmstat.
    """
    counts = [count for path in _files(proc, groups) if (count := _count(path)) is not None]
    return sum(counts) if counts else None


def _files(proc: Path, groups: Path) -> Iterator[Path]:
    yield proc / "vmstat"
    try:
        own = (proc / "self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in own:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            yield groups / path.lstrip("/") / "memory.events"
        elif "memory" in controllers.split(","):
            yield groups / "memory" / path.lstrip("/") / "memory.oom_control"
    yield groups / "memory.events"  # inside a container, its own group is the root
    yield groups / "memory/memory.oom_control"


def _count(path: Path) -> int | None:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return None
    found = (line.split() for line in lines if line.startswith(f"{KILLS} "))
    return next((int(words[1]) for words in found), None)
