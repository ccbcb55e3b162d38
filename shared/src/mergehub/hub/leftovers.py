"""Children that outlived a hub which was killed: noted while it runs, ended by the next start."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

PATIENCE_SECONDS = 10.0


def note(file: Path, pids: Iterable[int]) -> None:
    """Keep the ids of the running children for a start after our sudden end.

    It is a precaution only: a full disk does not end a hub here.
    """
    fresh = file.with_name(f"{file.name}.new")
    with suppress(OSError):
        fresh.write_text(json.dumps(sorted(pids)))
        fresh.replace(file)


def end(file: Path, folder: Path) -> list[int]:
    """End the noted children that still run over `folder`; returns their ids."""
    try:
        noted = [int(pid) for pid in json.loads(file.read_text())]
    except (OSError, ValueError, TypeError):
        return []
    ours = [pid for pid in noted if belongs(pid, folder)]
    for pid in ours:
        _send(pid, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(belongs(pid, folder) for pid in ours) and time.monotonic() < deadline:
        time.sleep(0.02)
    for pid in ours:
        if belongs(pid, folder):
            _send(pid, signal.SIGKILL)
    return ours


def belongs(pid: int, folder: Path) -> bool:
    """Whether the process lives and was started for `folder`: ids are given out again."""
    try:
        process = Path("/proc", str(pid))
        told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
    except OSError:
        return False
    return os.fsencode(folder) in told


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
