"""The parameters of one place of two recipes, compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from mergehub.recipe.filters import EVERYTHING
from mergehub.recipe.methods import MethodSpec
from mergehub.recipe.scalars import Scalar

from .difference import Difference, Place, change_of
from .pairing import whole

Settings = Mapping[str, Any]
Sides = tuple[MethodSpec | None, MethodSpec | None]
"""The methods of both recipes; None for one that the catalogue lacks."""


class Parameters:
    """Compares parameters, and counts in `places` in how many places each may differ."""

    def __init__(self, methods: Sides) -> None:
        self._methods = methods
        self.places: Counter[str] = Counter()

    def compared(self, old: Settings, new: Settings, place: Place) -> Iterator[Difference]:
        """Yield what differs at one place.

        What only one of the methods takes, or what one place cannot have, counts only if it is not
        the default: the default says no more than the difference that caused it.
        """
        for name in sorted(old.keys() | new.keys()):
            self.places[name] += 1
            before, after = old.get(name), new.get(name)
            if whole(before) == whole(after) or self._implied(name, before, after):
                continue
            for key, was, is_now in _parts(before, after):
                change = change_of(was, is_now)
                yield Difference("parameter", change, was, is_now, name, key, (place,))

    def _implied(self, name: str, before: Any, after: Any) -> bool:
        if before is not None and after is not None:
            return False
        method = self._methods[1 if before is None else 0]
        spec = method.parameter(name) if method else None
        given = after if before is None else before
        return spec is not None and _is(spec.default, given)


def _is(default: Scalar | None, given: Any) -> bool:
    """Whether a value is the default: `1` is `1.0`, but not `true`."""
    return bool(given == default) and isinstance(given, bool) == isinstance(default, bool)


def _parts(before: Any, after: Any) -> Iterator[tuple[str | None, Any, Any]]:
    """Yield the filter, the older and the newer value; None as filter if they differ as a whole."""
    filters = _filters(before)
    if not filters or filters != _filters(after) or len(set(filters)) < len(filters):
        yield None, before, after
        return
    for pattern, was, is_now in zip(filters, before, after, strict=True):
        if whole(was) != whole(is_now):
            yield pattern, was["value"], is_now["value"]


def _filters(value: Any) -> list[str]:
    """The filters of a list of filtered values; else none."""
    if not isinstance(value, list) or not isinstance(value[0], dict):
        return []
    return [each.get("filter", EVERYTHING) for each in value]
