"""Bodies from outside are taken as JSON has them: a number is a number and `false` is no 0."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

T = TypeVar("T")

Lax = Annotated[T, Field(strict=False)]
"""For what JSON has no type for: ids arrive as text, tuples as lists."""


def _text(value: Any) -> Any:
    """Neither a number nor digits alone, which pydantic takes for seconds since 1970."""
    if isinstance(value, datetime) or (isinstance(value, str) and value[4:5] == "-"):
        return value
    raise PydanticCustomError("time", "must be a time with its zone, as in 2026-11-25T12:00:00Z")


Time = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_text)]
"""A time as RFC 3339 writes it, with its zone."""


class Strict(BaseModel):
    """Unknown fields are refused, nothing is converted, nothing changes afterwards."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        json_schema_serialization_defaults_required=True,  # where an answer holds one, it is there
    )

    @model_validator(mode="before")
    @classmethod
    def _numbers(cls, data: Any) -> Any:
        """JSON has one type of numbers: 1.0 is the integer 1."""
        if isinstance(data, dict):
            return {name: _whole(value) for name, value in data.items()}
        return data


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return [_whole(each) for each in value] if isinstance(value, list) else value
