"""Shapes of values that several bodies have in common."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError


def _day(value: Any) -> Any:
    """Refuse numbers, which pydantic takes for seconds since 1970."""
    if isinstance(value, date) or (isinstance(value, str) and value[4:5] == "-"):
        return value
    raise PydanticCustomError("day", "must be a day, as in 2026-11-25")


Day = Annotated[date, Field(strict=False), BeforeValidator(_day)]
