"""Filters by tensor name: a plain piece of the name, or a regular expression.

Recipes come from strangers, so a regular expression is held to a budget under which even the
worst of them is quick on a tensor's name: no repeated groups, no back references, and few ways
in which it can try again.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

MAX_LENGTH = 200
MAX_COST = 15
EVERYTHING = "*"

# A dot alone does not make a regular expression: "layers.1." is a piece of a tensor's name.
_PLAIN = re.compile(r"[\w.\-/: ]+")
_FORBIDDEN = re.compile(r"\)\s*[*+{]|\\[1-9]|\(\?P=|#")
# How many doublings of the ways to try a repetition counts for on a tensor's name, and a choice.
_COSTS = ((re.compile(r"[*+{]"), 5), (re.compile(r"[|?]"), 1))


def matches(pattern: str | None, tensor_name: str) -> bool:
    """Whether a filter lets this tensor through; no filter and `*` let every tensor through."""
    if pattern is None or pattern == EVERYTHING or pattern in tensor_name:
        return True
    return not _PLAIN.fullmatch(pattern) and _compiled(pattern).search(tensor_name) is not None


def _checked(pattern: str) -> str:
    if pattern != EVERYTHING and not _PLAIN.fullmatch(pattern) and (why := _problem(pattern)):
        raise PydanticCustomError(
            "filter",
            "is neither a piece of a tensor's name nor a usable regular expression: {why}",
            {"why": why},
        )
    return pattern


def _problem(pattern: str) -> str | None:
    if not pattern:
        return "it is empty; leave the filter out to match every tensor"
    if len(pattern) > MAX_LENGTH:
        return f"it is longer than {MAX_LENGTH} characters"
    if _FORBIDDEN.search(pattern):
        return "repeated groups, back references and comments are not allowed"
    if sum(bits * len(sign.findall(pattern)) for sign, bits in _COSTS) > MAX_COST:
        return "it has too many repetitions and alternatives, which could take for ever"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            _compiled(pattern)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        return str(error)
    return None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


Filter = Annotated[str, AfterValidator(_checked)]
