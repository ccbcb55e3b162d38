"""Children that outlive a killed hub: a running hub notes them, and the next start ends them."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

PATIENCE_SECONDS = 4.0
POSTGRES_SECONDS = 15.0


def note(file: Path, pids: Iterable[int]) -> None:
    """Write down the ids of the running children, for a start after this hub is killed.

    This is only a precaution, so a full disk does not end the hub here.
    """
    fresh = file.with_name(f"{file.name}.new")
    with suppress(OSError):
        fresh.write_text(json.dumps(sorted(pids)))
        fresh.replace(file)


def end(file: Path, folder: Path) -> list[int]:
    """End the noted children that still run over `folder`, and wait; returns their ids.

    They hold the hub's port and the stores' files. Each may end in order. One that takes too long
    is killed; PostgreSQL gets much more time, since it would have to recover from its log.
    """
    try:
        noted = [int(pid) for pid in json.loads(file.read_text())]
    except (OSError, ValueError, TypeError):
        return []
    ours = [pid for pid in noted if belongs(pid, folder)]
    for pid in ours:
        _send(pid, signal.SIGTERM)
    _wait([*ours, *filter(_is_dying, noted)], PATIENCE_SECONDS)
    _kill([pid for pid in ours if not _is_postgres(pid)], folder)
    _wait(ours, POSTGRES_SECONDS)
    _kill(ours, folder)
    _wait(ours, POSTGRES_SECONDS)
    return ours


def _wait(pids: Iterable[int], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while any(map(_runs, pids)) and time.monotonic() < deadline:
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    """Whether a process still runs and may hold a port, even if its memory is already freed."""
    try:
        stat = Path("/proc", str(pid), "stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def _is_dying(pid: int) -> bool:
    with suppress(OSError):
        return _runs(pid) and not Path("/proc", str(pid), "cmdline").read_bytes()
    return False


def _kill(pids: Iterable[int], folder: Path) -> None:
    for pid in pids:
        if belongs(pid, folder):
            _send(pid, signal.SIGKILL)


def _is_postgres(pid: int) -> bool:
    with suppress(OSError):
        return Path("/proc", str(pid), "exe").readlink().name == "postgres"
    return False


def belongs(pid: int, folder: Path) -> bool:
    """Whether the process runs and was started for `folder`; the system reuses ids."""
    try:
        process = Path("/proc", str(pid))
        told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
    except OSError:
        return False
    return os.fsencode(folder) in told


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
