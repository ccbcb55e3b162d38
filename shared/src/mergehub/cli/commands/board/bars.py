"""Numbers as bars and lines of text."""

from __future__ import annotations

from collections.abc import Sequence

EIGHTHS = " ▏▎▍▌▋▊▉█"
LEVELS = "▁▂▃▄▅▆▇█"
WIDTH = 10


def bar(value: float | None) -> str:
    """A bar for a value between 0 and 100; empty without one."""
    if value is None:
        return ""
    eighths = round(max(0.0, min(100.0, value)) / 100 * WIDTH * 8)
    whole, rest = divmod(eighths, 8)
    return (EIGHTHS[8] * whole + (EIGHTHS[rest] if rest else "")).ljust(WIDTH)


def line(values: Sequence[float]) -> str:
    """A line of as many blocks as there are values, higher for the higher ones."""
    if not values:
        return ""
    low, high = min(values), max(values)
    if low == high:
        return LEVELS[3] * len(values)
    step = (len(LEVELS) - 1) / (high - low)
    return "".join(LEVELS[round((value - low) * step)] for value in values)
