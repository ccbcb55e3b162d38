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

_LISTS = frozenset({"models", "sources", "slices", "modules"})


def too_much(data: Any) -> Fault | None:
    """Return the fault of a document with too many models or regular expressions, or None."""
    entries, expressions = 0, set[str]()
    for name, value in _fields(data):
        if name in _LISTS and isinstance(value, list | dict):
            entries += len(value)
        elif name == "filter" and isinstance(value, str) and is_expression(value):
            expressions.add(value)
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


def _fields(data: Any) -> Iterator[tuple[str, Any]]:
    """Yield every name and value of all mappings of a document, as often as they occur there."""
    pending = [data]
    while pending:
        each = pending.pop()
        if isinstance(each, dict):
            yield from each.items()
            each = each.values()
        elif not isinstance(each, list):
            continue
        pending += [value for value in each if isinstance(value, dict | list)]
