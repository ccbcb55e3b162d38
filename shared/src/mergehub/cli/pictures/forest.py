"""A forest plot: differences with their intervals, one below the other, around zero."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from mergehub.cli.pictures.drawing import (
    BETTER,
    FONT,
    GRID,
    INK,
    PALE,
    UNCLEAR,
    WORSE,
    Disc,
    Line,
    Picture,
    Words,
    breadth,
)

ROW, PLOT, MARGIN, HEAD = 26.0, 420.0, 16.0, 44.0
COLOURS = {"better": BETTER, "worse": WORSE}


class Row(NamedTuple):
    """A difference; `low` and `high` are NaN if its error is unknown."""

    label: str
    value: float
    low: float
    high: float
    verdict: str


def reach(rows: Sequence[Row]) -> float:
    """How far the axis goes to each side of zero."""
    ends = [abs(end) for row in rows for end in row[1:4] if math.isfinite(end)]
    return max(ends, default=0.0) * 1.05 or 1.0


def forest(title: str, rows: Sequence[Row], unit: str) -> Picture:
    """The plot; `unit` says what the numbers are."""
    left = MARGIN + max((breadth(row.label) for row in rows), default=0.0) + MARGIN
    right = breadth("+00.00 [-00.00, +00.00]") + MARGIN
    picture = Picture(title, left + PLOT + right + MARGIN, HEAD + ROW * len(rows) + 3 * MARGIN)
    axis = _Axis(left, reach(rows))
    bottom = HEAD + ROW * len(rows)
    picture.add(Words(MARGIN, 24, title, size=FONT + 2))
    _ticks(picture, axis, bottom, unit)
    for place, row in enumerate(rows):
        _draw(picture, axis, HEAD + ROW * (place + 0.5), row, left + PLOT + MARGIN)
    return picture


class _Axis(NamedTuple):
    left: float
    reach: float

    def at(self, value: float) -> float:
        return self.left + PLOT * (0.5 + value / self.reach / 2)


def _ticks(picture: Picture, axis: _Axis, bottom: float, unit: str) -> None:
    step = _step(axis.reach)
    count = int(axis.reach / step)
    for tick in range(-count, count + 1):
        x = axis.at(tick * step)
        picture.add(Line(x, HEAD, x, bottom, INK if tick == 0 else GRID))
        text = f"{tick * step:+.3g}" if tick else "0"
        picture.add(Words(x, bottom + 16, text, PALE, "middle", FONT - 2))
    picture.add(Words(axis.at(0), bottom + 34, unit, PALE, "middle", FONT - 2))


def _step(reach: float) -> float:
    """A round step of which two to five reach the end."""
    rough = reach / 3
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * each for each in (1, 2, 5, 10) if power * each >= rough * 0.8)


def _draw(picture: Picture, axis: _Axis, y: float, row: Row, right: float) -> None:
    colour = COLOURS.get(row.verdict, UNCLEAR)
    picture.add(Words(axis.left - MARGIN, y + 4, row.label, anchor="end"))
    if math.isfinite(row.low) and math.isfinite(row.high):
        low, high = axis.at(row.low), axis.at(row.high)
        picture.add(Line(low, y, high, y, colour, 2))
        picture.add(*(Line(x, y - 4, x, y + 4, colour, 2) for x in (low, high)))
    picture.add(Disc(axis.at(row.value), y, 4, colour))
    picture.add(Words(right, y + 4, numbers(row), colour, size=FONT - 1))


def numbers(row: Row) -> str:
    """The difference and its interval in digits."""
    if not math.isfinite(row.low):
        return f"{row.value:+.2f} [unknown]"
    return f"{row.value:+.2f} [{row.low:+.2f}, {row.high:+.2f}]"
