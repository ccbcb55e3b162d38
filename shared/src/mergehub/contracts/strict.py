"""Strict models for bodies from outside: values keep their JSON type, and `false` is not 0."""

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
"""For types that JSON lacks: ids arrive as text, tuples as lists."""


def _text(value: Any) -> Any:
    """Refuse numbers and texts of digits, which pydantic takes for seconds since 1970."""
    if isinstance(value, datetime) or (isinstance(value, str) and value[4:5] == "-"):
        return value
    raise PydanticCustomError("time", "must be a time with its zone, as in 2026-11-25T12:00:00Z")


Time = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_text)]
"""A time with its zone, as in RFC 3339."""


class Strict(BaseModel):
    """A frozen model that refuses unknown fields and converts nothing."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        json_schema_serialization_defaults_required=True,  # answers always have it
    )

    @model_validator(mode="before")
    @classmethod
    def _numbers(cls, data: Any) -> Any:
        """Take whole numbers for integers, since JSON has only one type of numbers."""
        if isinstance(data, dict):
            return {name: whole(value) for name, value in data.items()}
        return data


def whole(value: Any) -> Any:
    """Turn 1.0 into the integer 1, in a list as well."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return [whole(each) for each in value] if isinstance(value, list) else value
