"""Bounds on what would make the work on a document grow beyond the document's size."""

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
    """Return the fault of a document with too many models or regular expressions, or None."""
    entries, expressions = 0, set[str]()
    for mapping in _mappings(data):
        entries += sum(
            len(each) for name in _LISTS if isinstance(each := mapping.get(name), list | dict)
        )
        given = mapping.get("filter")
        if isinstance(given, str) and is_expression(given):
            expressions.add(given)
    if entries > MAX_ENTRIES:
        message = f"the recipe lists {entries} models and slices; the limit is {MAX_ENTRIES}"
        return Fault("", "limit", message)
    if sum(map(len, expressions)) > MAX_EXPRESSIONS:
        message = (
            f"the regular expressions have more than {MAX_EXPRESSIONS} characters in total; a "
            "filter without slashes is part of the tensor's name and does not count"
        )
        return Fault("", "limit", message)
    return None


def _mappings(data: Any) -> Iterator[dict[str, Any]]:
    """Yield every mapping of a document, as often as it occurs there."""
    pending = [data]
    while pending:
        each = pending.pop()
        if isinstance(each, dict):
            yield each
            pending += each.values()
        elif isinstance(each, list):
            pending += each
