"""Numbers, sizes, days and yes or no: as queries write them, and as numbers.

A size such as 7b and a day such as 2026-01 stand for all that they are rounded from.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from registry.search.language.faults import Wrong
from registry.search.language.fields import Field, Kind

LONGEST = 40
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d{1,3})?", re.ASCII | re.IGNORECASE)
_SIZE = re.compile(r"(\d+(?:\.(\d+))?)([mbt])", re.ASCII | re.IGNORECASE)
_DAY = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", re.ASCII)
_SCALES = {"m": 6, "b": 9, "t": 12}
FEWEST_WEIGHTS = 1000
YEARS = range(1970, 9999)
YES, NO = ("yes", "true", "1"), ("no", "false", "0")


@dataclass(frozen=True)
class Extent:
    """The numbers that a written value stands for, from `low` to `high`."""

    low: float
    high: float
    high_open: bool = False


def extent(field: Field, text: str) -> Extent:
    """What a value of a field stands for. Raises Wrong."""
    return _READERS[field.kind](text if len(text) <= LONGEST else "")


def write(kind: Kind, value: float) -> str:
    """A text that stands for exactly this number."""
    if kind == "date":
        return datetime.fromtimestamp(value, UTC).isoformat().replace("+00:00", "Z")
    is_whole = float(value).is_integer() and abs(value) < 1e15
    plain = str(int(value)) if is_whole else repr(float(value))
    return f"{plain}e0" if kind == "size" and value < FEWEST_WEIGHTS and "e" not in plain else plain


def _exactly(value: float) -> Extent:
    return Extent(value, value)


def _number(text: str) -> Extent:
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(value):
        raise Wrong("not_a_number", "must be a number, such as 3 or 0.5, or a range such as 3..5")
    return _exactly(value + 0.0)


def _size(text: str) -> Extent:
    found = _SIZE.fullmatch(text)
    if found:
        number, decimals, unit = found.groups(default="")
        value = Decimal(number).scaleb(_SCALES[unit.lower()])
        half = Decimal(5).scaleb(_SCALES[unit.lower()] - len(decimals) - 1)
        return Extent(float(value - half), float(value + half), high_open=True)
    if not _NUMBER.fullmatch(text):
        raise Wrong("not_a_size", "must be a size, such as 7b or 350m, or a range such as 7b..13b")
    exact = _number(text)
    if exact.low < FEWEST_WEIGHTS and "e" not in text.lower():
        raise Wrong("not_a_size", "must have a unit: m, b or t", f"did you mean '{text}b'?")
    return exact


def _date(text: str) -> Extent:
    try:
        found = _DAY.fullmatch(text)
        if found:
            return _days(*(int(each) if each else None for each in found.groups()))
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None or moment.astimezone(UTC).year not in YEARS:
            raise ValueError
    except (ValueError, OverflowError):
        detail = "must be a year, month or day, as in 2026, 2026-01 or 2026-01-31"
        raise Wrong("not_a_day", detail) from None
    return _exactly(moment.timestamp())


def _days(year: int | None, month: int | None, day: int | None) -> Extent:
    """A year, a month or a day in UTC. Raises ValueError."""
    assert year is not None
    if year not in YEARS:
        raise ValueError
    begin = datetime(year, month or 1, day or 1, tzinfo=UTC)
    if day:
        end = datetime.fromtimestamp(begin.timestamp() + 24 * 3600, UTC)
    elif month:
        end = begin.replace(year=year + month // 12, month=month % 12 + 1)
    else:
        end = begin.replace(year=year + 1)
    return Extent(begin.timestamp(), end.timestamp(), high_open=True)


def _flag(text: str) -> Extent:
    word = text.lower()
    if word not in (*YES, *NO):
        raise Wrong("not_a_flag", "must be yes or no")
    return _exactly(float(word in YES))


_READERS: Mapping[Kind, Callable[[str], Extent]] = {
    "number": _number,
    "size": _size,
    "date": _date,
    "flag": _flag,
}
