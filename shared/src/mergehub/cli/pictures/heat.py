"""A heat map: what each method gained on each base, with the number of merges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mergehub.cli.pictures.drawing import FONT, INK, PALE, Picture, Rectangle, Words, breadth

CELL, HEIGHT, MARGIN, HEAD = 96.0, 38.0, 16.0, 44.0
RED, GREEN, WHITE = (192, 57, 43), (26, 127, 75), (255, 255, 255)
EMPTY = "#f2f4f7"


class Spot(NamedTuple):
    """The mean gain of some merges."""

    mean: float
    merges: int


def heat(
    title: str, rows: Sequence[str], columns: Sequence[str], spots: Mapping[tuple[str, str], Spot]
) -> Picture:
    """The picture: green where merges gained on average, red where they lost."""
    left = MARGIN + max((breadth(row) for row in rows), default=0.0) + MARGIN
    width = left + max(CELL * len(columns), breadth(title, FONT + 2)) + MARGIN
    picture = Picture(title, width, HEAD + HEIGHT * (len(rows) + 1) + MARGIN)
    picture.add(Words(MARGIN, 24, title, size=FONT + 2))
    farthest = max((abs(each.mean) for each in spots.values()), default=0.0) or 1.0
    for across, column in enumerate(columns):
        x = left + CELL * (across + 0.5)
        picture.add(Words(x, HEAD + HEIGHT / 2, _short(column), PALE, "middle", FONT - 3))
    for down, row in enumerate(rows):
        y = HEAD + HEIGHT * (down + 1)
        picture.add(Words(left - MARGIN / 2, y + HEIGHT / 2 + 4, row, anchor="end"))
        for across, column in enumerate(columns):
            _draw(picture, left + CELL * across, y, spots.get((row, column)), farthest)
    return picture


def _draw(picture: Picture, x: float, y: float, spot: Spot | None, farthest: float) -> None:
    fill = EMPTY if spot is None else colour(spot.mean / farthest)
    picture.add(Rectangle(x + 1, y + 1, CELL - 2, HEIGHT - 2, fill))
    if spot is not None:
        middle = x + CELL / 2
        picture.add(Words(middle, y + 17, f"{spot.mean:+.2f}", INK, "middle", FONT))
        many = f"{spot.merges} merge{'s' if spot.merges != 1 else ''}"
        picture.add(Words(middle, y + 31, many, INK, "middle", FONT - 3))


def colour(share: float) -> str:
    """From red (-1) over white (0) to green (1), light enough for dark letters."""
    end = GREEN if share > 0 else RED
    part = 0.75 * min(1.0, abs(share))
    mixed = (round(white + part * (full - white)) for white, full in zip(WHITE, end, strict=True))
    return "#" + "".join(f"{each:02x}" for each in mixed)


def _short(name: str) -> str:
    """The last part of a model's name, cut to the width of a column."""
    last = name.rpartition("/")[2]
    most = int(CELL / (FONT - 3) / 0.6) - 1
    return last if len(last) <= most else last[: most - 1] + "…"
