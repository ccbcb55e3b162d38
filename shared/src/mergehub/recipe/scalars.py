"""Single parameter values: numbers, yes or no, and words."""

from __future__ import annotations

import math
import re
from typing import Any

from pydantic_core import PydanticCustomError

from mergehub.recipe.yaml.core_schema import MAX_NUMBER

from .faults import excerpt

Scalar = bool | int | float | str

# JSON by RFC 8785 allows no integer beyond this, since a double cannot hold every larger one.
LARGEST_INTEGER = 2**53 - 1
FLOAT32_MAX = 3.4028234663852886e38
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)


def read_scalar(value: Any) -> Scalar:
    """Return a number, a boolean or a word; a quoted number counts as a number.

    Raises:
        PydanticCustomError: anything else, or a number that is not finite or is too large.
    """
    if isinstance(value, str) and len(value) <= MAX_NUMBER and _NUMBER.fullmatch(value):
        value = float(value)
    if not isinstance(value, bool | int | float | str):
        raise PydanticCustomError(
            "type",
            "must be a number, true or false, a word, or a list of these, not {found}",
            {"found": describe(value)},
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise PydanticCustomError(
            "range", "must be a finite number that float32 can hold (up to 3.4e38)"
        )
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        raise PydanticCustomError(
            "range", "must be below 2**53 if it is a whole number; write a larger one like 1e20"
        )
    return value


def describe(value: Any) -> str:
    """Return what a YAML value is, in words for a message."""
    match value:
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case str():
            return f"the text {excerpt(value)}"
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def not_a_flag(value: Any) -> str:
    """Return why a value is neither true nor false, worded to follow the name of its field."""
    yaml_1_1 = isinstance(value, str) and value.lower() in ("yes", "no", "on", "off", "y", "n")
    why = ", which is text since YAML 1.2" if yaml_1_1 else ""
    return f"must be true or false, not {describe(value)}{why}"
