"""What would make the work on a document grow beyond its size, bounded before that work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from mergehub.recipe.faults import Fault
from mergehub.recipe.filters import is_expression

MAX_ENTRIES: Final = 2_000
"""Entries of all lists of models, sources and slices, and of modules."""
MAX_EXPRESSIONS: Final = 4096
"""Characters of all regular expressions, each counted once."""

_LISTS = ("models", "sources", "slices", "modules")


def too_much(data: Any) -> Fault | None:
    """The fault of a document with too many models or regular expressions, or None."""
    entries, expressions = 0, set[str]()
    for mapping in _mappings(data):
        entries += sum(
            len(each) for name in _LISTS if isinstance(each := mapping.get(name), list | dict)
        )
        given = mapping.get("filter")
        if isinstance(given, str) and is_expression(given):
            expressions.add(given)
    if entries > MAX_ENTRIES:
        message = f"the recipe lists {entries} models and slices; at most {MAX_ENTRIES} are merged"
        return Fault("", "limit", message)
    if sum(map(len, expressions)) > MAX_EXPRESSIONS:
        message = (
            f"the regular expressions have more than {MAX_EXPRESSIONS} characters together; a "
            "filter without slashes is a piece of the tensor's name and is not limited"
        )
        return Fault("", "limit", message)
    return None


def _mappings(data: Any) -> Iterator[dict[str, Any]]:
    """Every mapping of a document, as often as it stands there."""
    pending = [data]
    while pending:
        each = pending.pop()
        if isinstance(each, dict):
            yield each
            pending += each.values()
        elif isinstance(each, list):
            pending += each
