"""Values of a closed set. A refusal lists the known values and suggests the nearest."""

from __future__ import annotations

from collections.abc import Callable, Collection

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from mergehub.recipe import catalogue
from mergehub.recipe.faults import did_you_mean


def one_of(
    known: Callable[[], Collection[str]],
    code: str,
    hint: Callable[[str], str | None] = lambda given: None,
) -> AfterValidator:
    """A validator that refuses, with `code`, a value that is not `known`.

    `hint` says what to do if no known value is near.
    """

    def check(given: str) -> str:
        choices = known()
        if given in choices:
            return given
        raise PydanticCustomError(
            code,
            "must be one of {choices}",
            {
                "choices": ", ".join(choices),
                "suggestion": did_you_mean(given, choices) or hint(given),
            },
        )

    return AfterValidator(check)


A_METHOD = one_of(catalogue, "unknown_merge_method")
"""The name of a merge method."""
