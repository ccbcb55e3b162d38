"""The processor's time of hub and browser, which other load on the machine changes little."""

from __future__ import annotations

import psutil


class Spent:
    """Counts the seconds of the processor that the programs of this benchmark take from now on."""

    def __init__(self) -> None:
        self._before = _each()

    def seconds(self) -> float:
        """How many they were; of a program that has ended meanwhile, none."""
        return sum(each - self._before.get(pid, 0) for pid, each in _each().items())


def _each() -> dict[int, float]:
    """The seconds of each program that this one has started, or that those have."""
    found = {}
    for process in psutil.Process().children(recursive=True):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        found[process.pid] = times.user + times.system
    return found
