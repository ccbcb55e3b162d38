"""Run a command; measure wall time, CPU time, peak anonymous memory and bytes moved."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LOOK_SECONDS = 0.01


@dataclass(frozen=True)
class Measured:
    """Seconds and bytes of one command."""

    wall: float
    cpu: float
    anonymous: int
    moved: int


def measure(command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> Measured:
    """Run `command` to its end. Raises RuntimeError with its output if it fails."""
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        child = subprocess.Popen(
            [str(part) for part in command],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(os.environ) | dict(env or {}),
        )
        peak = moved = 0
        while True:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            peak = max(peak, _anonymous(child.pid))
            moved = max(moved, _moved(child.pid))
            time.sleep(LOOK_SECONDS)
        wall = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            output.seek(0)
            raise RuntimeError(output.read().decode(errors="replace")[-3000:])
    return Measured(wall, usage.ru_utime + usage.ru_stime, peak, moved)


def _anonymous(pid: int) -> int:
    """Anonymous resident memory in bytes: what a process holds apart from mapped files."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon")), 0)


def _moved(pid: int) -> int:
    """Bytes that a process has read and written by system calls so far."""
    try:
        lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    except OSError:
        return 0
    counts = dict(line.split(": ") for line in lines)
    return int(counts["rchar"]) + int(counts["wchar"])
