"""What the views of uplift have in common: intervals and verdicts as text, and plots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rich.text import Text

from mergehub.cli.pictures.forest import Row, reach

Answer = dict[str, Any]

COLOURS = {"better": "green", "worse": "red", "no clear difference": "dim"}
WIDTH = 41
"""Letters of a plot; odd, so that zero has one of its own."""


def score(estimate: Answer | None, digits: int = 3) -> str:
    """A score with half of the width of its interval."""
    if estimate is None:
        return "-"
    if estimate["low"] is None:
        return f"{estimate['value']:.{digits}f}"
    half = (estimate["high"] - estimate["low"]) / 2
    return f"{estimate['value']:.{digits}f} ±{half:.{digits}f}"


def interval(estimate: Answer, digits: int = 3) -> str:
    """A difference with its interval."""
    if estimate["low"] is None:
        return f"{estimate['value']:+.{digits}f} [unknown]"
    ends = f"{estimate['low']:+.{digits}f}, {estimate['high']:+.{digits}f}"
    return f"{estimate['value']:+.{digits}f} [{ends}]"


def difference(told: Answer, digits: int = 3) -> tuple[Text, str, Text]:
    """The uplift with its interval, how it was compared, and the verdict."""
    how = f"paired over {told['items']} items" if told["paired"] else "unpaired"
    colour = COLOURS.get(told["verdict"], "")
    return (
        Text(interval(told["in_family"], digits), colour),
        how,
        Text(told["verdict"], colour),
    )


def row(label: str, told: Answer) -> Row:
    """A difference as a row of a forest plot."""
    found = told["in_family"]
    low, high = (math.nan if found[end] is None else found[end] for end in ("low", "high"))
    return Row(label, found["value"], low, high, told["verdict"])


def forest(rows: Sequence[Row]) -> Text:
    """The intervals as lines of letters around zero."""
    farthest = reach(rows)
    wide = max((len(each.label) for each in rows), default=0)
    text = Text()
    for each in rows:
        text.append(f"{each.label:>{wide}}  ")
        text.append(_line(each, farthest), COLOURS.get(each.verdict, ""))
        text.append("\n")
    text.append(f"{'':>{wide}}  {-farthest:<+{WIDTH // 2}.3g}0{farthest:>+{WIDTH // 2}.3g}")
    return text


def _line(each: Row, farthest: float) -> str:
    """`├──●──┤` at its place; `│` is zero. Without an interval only the point."""
    letters = [" "] * WIDTH
    letters[WIDTH // 2] = "│"
    if math.isfinite(each.low) and math.isfinite(each.high):
        low, high = (_place(end, farthest) for end in (each.low, each.high))
        for place in range(low, high + 1):
            letters[place] = "┼" if place == WIDTH // 2 else "─"
        letters[low], letters[high] = "├", "┤"
    letters[_place(each.value, farthest)] = "●"
    return "".join(letters)


def _place(value: float, farthest: float) -> int:
    return round((value / farthest + 1) / 2 * (WIDTH - 1))
