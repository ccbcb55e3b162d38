"""Traces of faults in the logs of the stack, which show that the faults had an effect."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

TRACES = {
    "a report refused, being late": ("registry-api-*", r'/report HTTP/1.1" 409'),
    "a claim refused": ("registry-api-*", r'/claim HTTP/1.1" 409'),
    "a worker learned that it lost its run": ("worker-*", "run.lost"),
    "a worker returned its run": ("registry-api-*", r'/release HTTP/1.1" 200'),
    "a lease lapsed": ("registry-background-*", "run.lapsed"),
    "Redis lost by a worker": ("worker-*", "redis.lost"),
    "a worker could not reach the hub": ("worker-*", "heartbeat.failed|claim.unreachable"),
    "PostgreSQL recovered from its log": ("postgres*", "automatic recovery in progress"),
    "lines of a log lost for want of room": ("*", r'"log\.lost"'),
    "a loop of a service failed": ("*-background-*", "loop.failed"),
}


def logged(folder: Path) -> dict[str, int]:
    """How many lines of the logs show each trace."""
    return {
        what: sum(bool(re.search(trace, line)) for line in _lines(folder, which))
        for what, (which, trace) in TRACES.items()
    }


def _lines(folder: Path, which: str) -> Iterator[str]:
    for path in sorted(folder.glob(f"{which}.log")):
        with path.open(encoding="utf-8", errors="replace") as file:
            yield from file
