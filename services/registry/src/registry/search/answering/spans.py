"""How many results lie in each of a few ranges of a number, such as sizes from 6 to 10 billion."""

from __future__ import annotations

from functools import cache

from pyroaring import BitMap

from registry.search.answering.counting import Count
from registry.search.bitmaps.arrays import slots_of
from registry.search.catalogue.catalogue import Catalogue
from registry.search.catalogue.ranges import Range
from registry.search.language.plain import query_of
from registry.search.query import Within

SPANS = {
    "ingredients": ("..1", "2", "3", "4", "5.."),
    "size": ("..<2b", "2b..<6b", "6b..<10b", "10b..<20b", "20b..<50b", "50b.."),
    "uplift": (">0", "<=0"),
    "reproduced": ("yes", "no"),
}
"""Values of number fields as a search has them, so that `field:value` finds what was counted."""


def span_counts(catalogue: Catalogue, found: BitMap) -> dict[str, list[Count]]:
    """For each number field, how many of some entries are in each of its ranges, if any are."""
    slots = slots_of(found)
    counted: dict[str, list[Count]] = {}
    for field, conditions in _conditions().items():
        column = catalogue.column(conditions[0][1].field)[slots]
        pairs = [(value, int(_range(each).inside(column).sum())) for value, each in conditions]
        counted[field] = [(value, count) for value, count in pairs if count]
    return counted


@cache
def _conditions() -> dict[str, list[tuple[str, Within]]]:
    return {
        field: [(value, _condition(field, value)) for value in values]
        for field, values in SPANS.items()
    }


def _condition(field: str, value: str) -> Within:
    (condition,) = query_of("", {field: [value]}).conditions
    assert isinstance(condition, Within)
    return condition


def _range(within: Within) -> Range:
    return Range(within.low, within.high, within.low_open, within.high_open)
