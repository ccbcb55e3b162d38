"""How fast this machine is, so that tables of different machines can be compared."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

TURNS = 2_000_000
TRIES = 5


def tell_machine() -> None:
    """Print the processor, its cores, and the time of a turn of an empty loop in Python."""
    cores = os.cpu_count()
    found = f"{_processor()}, {cores} cores, {_turn() * 1e9:.0f} ns a turn of an empty loop"
    print(f"{'machine':42} {found}", flush=True)


def _turn() -> float:
    """Seconds of the processor; the least of some tries, since others may share the machine."""
    return min(_tried() for _ in range(TRIES))


def _tried() -> float:
    started = time.process_time()
    for _ in range(TURNS):
        pass
    return (time.process_time() - started) / TURNS


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


if __name__ == "__main__":
    tell_machine()
