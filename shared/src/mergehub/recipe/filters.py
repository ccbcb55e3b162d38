"""Filters by tensor name: part of the name, as in mergekit, or a regular expression in slashes.

`mlp` matches every tensor whose name contains "mlp"; `/layers\\.[0-3]\\./` every tensor whose name
contains a match of the expression between the slashes; `*` alone matches all. Recipes come from
strangers, so expressions are RE2's, which take linear time, and are bounded in length and memory.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Any, Final

import re2
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from .faults import printable

MAX_LENGTH: Final = 200
MAX_PROGRAM: Final = 300
"""The most steps of a compiled expression."""
_KEPT: Final = 1400
"""How many compiled expressions are cached: as many as a recipe can have, at most 64 kB each."""
EVERYTHING: Final = "*"

# Signs of a regular expression that do not occur in tensor names.
_SIGNS = re.compile(r"[\[\]*\\^$()|+?{}]")


def matches(pattern: str | None, tensor_name: str) -> bool:
    """Return whether a filter matches this tensor; no filter and `*` match every tensor."""
    if pattern is None or pattern in tensor_name or pattern == EVERYTHING:
        return True
    return is_expression(pattern) and _found(pattern, tensor_name)


def is_expression(pattern: str) -> bool:
    """Return whether a filter is a regular expression rather than part of a name."""
    return len(pattern) > 1 and pattern[0] == pattern[-1] == "/"


def reads_as_expression(pattern: str) -> bool:
    """Return whether a filter is read as part of a name but looks like an expression."""
    return (
        pattern != EVERYTHING and not is_expression(pattern) and _SIGNS.search(pattern) is not None
    )


def _checked(pattern: str) -> str:
    if why := _problem(pattern):
        raise PydanticCustomError("filter", "cannot be used as a filter: {why}", {"why": why})
    return pattern


def _problem(pattern: str) -> str | None:
    if not pattern:
        return "it is empty; remove the filter to match every tensor"
    if len(pattern) > MAX_LENGTH:
        return f"it is longer than {MAX_LENGTH} characters"
    return _not_compilable(pattern) if is_expression(pattern) else None


def _not_compilable(pattern: str) -> str | None:
    if len(pattern) == 2:
        return "the regular expression between the slashes is empty"
    try:
        size = _compiled(pattern).programsize
    except (re2.error, UnicodeError) as error:
        return f"RE2 does not accept the regular expression between the slashes: {_words(error)}"
    if size > MAX_PROGRAM:
        return f"the regular expression compiles to {size} steps; the limit is {MAX_PROGRAM}"
    return None


def _words(error: Exception) -> str:
    """Return RE2's message, which is bytes."""
    said = error.args[0] if error.args else error
    return printable(said.decode(errors="replace") if isinstance(said, bytes) else str(said))


def _options() -> Any:
    options = re2.Options()
    options.max_mem = 64 * 1024
    options.log_errors = False
    options.never_capture = True
    return options


@lru_cache(maxsize=_KEPT)
def _compiled(pattern: str) -> Any:
    return re2.compile(pattern[1:-1], _options())


# All models of a merge ask for the same tensor in turn.
@lru_cache(maxsize=_KEPT)
def _found(pattern: str, tensor_name: str) -> bool:
    return _compiled(pattern).search(tensor_name) is not None


Filter = Annotated[str, AfterValidator(_checked)]
