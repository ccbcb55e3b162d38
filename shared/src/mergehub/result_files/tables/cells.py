"""The cells of a column of scores: `64.91`, `64,9 %`, `**64.91** ± 1.86`, `64.9 / 76.0`, `n/a`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import NamedTuple

from mergehub.result_files.headers import cleaned
from mergehub.result_files.rows import shown
from mergehub.result_files.values import NOTHING, number

from .averages import step

LONGEST = 200
MOST_PARTS = 10
FOOTNOTES = "†‡§¶¹²³⁴⁵⁶⁷⁸⁹⁰ "
_ERROR = r"\s*\(?\s*(?:±|\+/-|\+-|\\pm)\s*(?P<error>[\d.,\s]+?)\s*(?P<error_percent>%?)\s*\)?"
_SCORE = re.compile(
    r"(?P<value>[-−+]?[\d.,'\u00a0\u2009\u202f ]*\d[\d.,]*(?:[eE][-+]?\d{1,3})?)"
    r"\s*(?P<percent>%?)"
    rf"(?:{_ERROR})?"
)  # fmt: skip
_PARTS = re.compile(r"\s+/\s+|(?<=[\d%)])/(?=\d)|\s*\|\s*|\s*;\s*")
_SPACES = re.compile(r"[\s'\u00a0\u2009\u202f]")
_COMMA_DECIMAL = re.compile(r"-?\d+,(?:\d{1,2}|\d{4,})|-?0,\d+|-?[\d.]*\.\d{3},\d+")
_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(,\d{3})+(\.\d+)?")
_USUAL = re.compile(r"\d{1,6}(?:\.(\d{1,12}))?")
"""Scores that need no closer look, which are nearly all."""
_PLAIN = re.compile(r"-?\d+(?:\.\d*)?(?:[eE][-+]?\d{1,3})?|-?\.\d+")


class BadCell(ValueError):
    """A cell that says no score; the message says why."""


class Score(NamedTuple):
    """One number of a cell. `percent`: it has the sign; `step`: the unit of its last digit."""

    value: float
    stderr: float | None = None
    percent: bool = False
    step: float = 1.0


def is_nothing(written: object) -> bool:
    """Whether a cell says that there is no score."""
    if written is None or (isinstance(written, float) and math.isnan(written)):
        return True
    return isinstance(written, str) and cleaned(written).lower() in NOTHING


def scores(written: object, decimal: str | None = None) -> list[Score | None]:
    """The scores of a cell, several if a slash divides them, None where one is missing.

    An empty cell has none.

    Raises:
        BadCell: it holds something else.
    """
    if isinstance(written, bool):
        raise BadCell(f"{written} is not a number")
    if isinstance(written, int | float):
        found = number(written)
        if found is None:
            raise BadCell(f"{shown(written)} is not a finite number")
        return [Score(found, step=step(repr(written)))]
    if isinstance(written, str) and (usual := _USUAL.fullmatch(written)):
        return [Score(float(written), step=10.0 ** -len(usual[1] or ""))]
    if is_nothing(written):
        return []
    text = cleaned(str(written)).rstrip(FOOTNOTES) if len(str(written)) <= LONGEST * 10 else ""
    parts = _PARTS.split(text, maxsplit=MOST_PARTS)
    if not text or len(text) > LONGEST or len(parts) > MOST_PARTS:
        raise BadCell(f"{shown(written)} is too long for a score")
    return [None if part.lower() in NOTHING else _score(part.strip(), decimal) for part in parts]


def uses_comma(cells: Iterable[object]) -> bool:
    """Whether a table's numbers have decimal commas, as some plainly have."""
    return any(
        isinstance(each, str)
        and "," in each
        and _COMMA_DECIMAL.match(_SPACES.sub("", cleaned(each)))
        for each in cells
    )


def _score(text: str, decimal: str | None) -> Score:
    found = _SCORE.fullmatch(text)
    if found is None:
        raise BadCell(f"{shown(text)} is not a number")
    value = _number(found["value"], decimal)
    error = _number(found["error"], decimal) if found["error"] else None
    percent = bool(found["percent"] or found["error_percent"])
    return Score(value, error, percent, step(_dotted(found["value"], decimal)))


def _number(text: str, decimal: str | None) -> float:
    dotted = _dotted(text, decimal)
    if not _PLAIN.fullmatch(dotted):
        raise BadCell(f"{shown(text)} is not a number")
    found = float(dotted)
    if not math.isfinite(found):
        raise BadCell(f"{shown(text)} is not a finite number")
    return found


def _dotted(text: str, decimal: str | None) -> str:
    """A number with a decimal point and without separators of thousands."""
    bare = _SPACES.sub("", text).replace("−", "-").removeprefix("+")
    if "," not in bare:
        if decimal == "," and re.fullmatch(r"-?[1-9]\d{0,2}(\.\d{3})+", bare):
            return bare.replace(".", "")
        return bare
    if decimal == "," or (decimal is None and _COMMA_DECIMAL.fullmatch(bare)):
        return bare.replace(".", "").replace(",", ".")
    if _THOUSANDS.fullmatch(bare):
        return bare.replace(",", "")
    raise BadCell(
        f"{shown(text)}: the comma is neither one of thousands nor plainly a decimal one; "
        '`decimal: ","` in the mapping says that it is'
    )
