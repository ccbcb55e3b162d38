"""Names and other short texts that several contracts share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError


def must_be(what: str) -> WrapValidator:
    """A validator whose fault says in words what a value must be, instead of a pattern."""

    def validate(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        try:
            return handler(value)
        except ValidationError:
            raise PydanticCustomError("not_as_it_must_be", what) from None

    return WrapValidator(validate)


RECIPE_NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"
MODEL_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?$"
ModelName = Annotated[
    str,
    StringConstraints(pattern=MODEL_NAME, max_length=200),
    must_be(
        "must be a name such as soup or org/soup: letters, digits, dots, hyphens and underscores, "
        "beginning with a letter or digit, at most 200 characters"
    ),
]
UNWRITTEN = "recipe:"
"""Begins the name of a merge that no run has written, before a part of its recipe's digest."""
BenchmarkName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100),
    must_be(
        "must be a task's name such as gsm8k: letters, digits, dots, hyphens and underscores, "
        "beginning with a letter or digit, at most 100 characters"
    ),
]
Digest = Annotated[str, StringConstraints(max_length=200)]
Count = Annotated[int, Field(ge=0, lt=2**31)]
LONGEST_NOTE = 500
Note = Annotated[str, StringConstraints(max_length=LONGEST_NOTE)]
