"""Shapes of values that several bodies have in common."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError

HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
"""Characters that no one sees, some of which change what others look like (bidi controls)."""


def _visible(text: str) -> str:
    if HIDDEN.search(text):
        raise PydanticCustomError("text", "must have no control characters, seen or unseen")
    return text


Text = Annotated[str, AfterValidator(_visible)]

CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Of those, the ones that no language needs within a line: a joiner is part of Persian words."""


def _one_line(text: str) -> str:
    if CONTROLS.search(text):
        raise PydanticCustomError("line", "must be one line without control characters")
    return text


Line = Annotated[str, AfterValidator(_one_line)]


def _day(value: Any) -> Any:
    """Refuse numbers, which pydantic takes for seconds since 1970."""
    if isinstance(value, date) or (isinstance(value, str) and value[4:5] == "-"):
        return value
    raise PydanticCustomError("day", "must be a day, as in 2026-11-25")


def _plausible(day: date) -> date:
    """Refuse days of no model: PostgreSQL's driver takes the first and the last for infinity."""
    if 1970 <= day.year < 9999:
        return day
    raise PydanticCustomError("day", "must be a day from 1970 on, and before the year 9999")


Day = Annotated[date, Field(strict=False), BeforeValidator(_day), AfterValidator(_plausible)]
AnyDay = Annotated[date, Field(strict=False), BeforeValidator(_day)]
"""A day that others are compared with, of any year."""


def _moment(value: Any) -> Any:
    """Refuse numbers, also as text, which pydantic takes for seconds since 1970."""
    if isinstance(value, datetime) or (isinstance(value, str) and value[4:5] == "-"):
        return value
    raise PydanticCustomError("moment", "must be a time, as in 2026-11-25T08:00:00Z")


Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
