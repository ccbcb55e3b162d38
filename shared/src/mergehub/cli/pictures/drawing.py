"""A picture as a list of parts. Lengths are in pixels, from the upper left corner."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

INK, PALE, GRID = "#1f2430", "#6b7280", "#d5d9e0"
BETTER, WORSE, UNCLEAR = "#1a7f4b", "#c0392b", "#6b7280"
FONT = 13
LETTER = 0.6
"""About how wide a letter is, as a share of the size of the font."""

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Rectangle:
    x: float
    y: float
    width: float
    height: float
    fill: str


@dataclass(frozen=True)
class Line:
    x1: float
    y1: float
    x2: float
    y2: float
    stroke: str
    width: float = 1.0


@dataclass(frozen=True)
class Disc:
    x: float
    y: float
    radius: float
    fill: str


@dataclass(frozen=True)
class Words:
    """Text whose baseline is at `y`."""

    x: float
    y: float
    text: str
    fill: str = INK
    anchor: Anchor = "start"
    size: float = FONT


Part = Rectangle | Line | Disc | Words


@dataclass
class Picture:
    """`title` is what the picture shows, in words for those who do not see it."""

    title: str
    width: float
    height: float
    parts: list[Part] = field(default_factory=list)

    def add(self, *parts: Part) -> None:
        """Draw parts above those that are there."""
        self.parts.extend(parts)


def breadth(text: str, size: float = FONT) -> float:
    """About how wide a text is."""
    return len(text) * size * LETTER
