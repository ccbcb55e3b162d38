"""How many results have each value of a field: the most frequent values, with exact counts."""

from __future__ import annotations

import heapq

import numpy as np
from pyroaring import BitMap

from registry.search.bitmaps.arrays import slots_of
from registry.search.catalogue.catalogue import Catalogue
from registry.search.catalogue.values import OPEN, Codes, Counted

FIELDS = ("method", "base", "ingredient", "tag", "domain", "licence", "shape")
FEW = 50_000
"""So many results are counted one by one; of more, values are counted by their bitmaps."""
CODE_BITS = 32

Count = tuple[str, int]


def counts(
    catalogue: Catalogue, found: BitMap, most: int, few: int = FEW
) -> dict[str, list[Count]]:
    """For each field, its most frequent values among some entries, with their counts."""
    one_by_one = catalogue.values.counted(slots_of(found)) if len(found) <= few else None
    return {field: _of_field(catalogue, field, found, one_by_one, most) for field in FIELDS}


def _of_field(
    catalogue: Catalogue,
    field: str,
    found: BitMap,
    one_by_one: dict[str, Counted] | None,
    most: int,
) -> list[Count]:
    values = catalogue.values
    if field not in OPEN:
        codes = values.codes_of(field).tolist()
        pairs = heapq.nlargest(most, ((_count(catalogue, found, code), code) for code in codes))
    elif one_by_one is None:
        pairs = _most_frequent(catalogue, found, field, most)
    else:
        pairs = _largest(*one_by_one[field], most)
    return [(values.texts[code], count) for count, code in pairs if count]


def _largest(codes: Codes, counts: Codes, most: int) -> list[tuple[int, int]]:
    whole = (counts << CODE_BITS) + codes
    if len(whole) > most:
        whole = np.partition(whole, len(whole) - most)[-most:]
    best = np.sort(whole)[::-1].tolist()
    return [(each >> CODE_BITS, each & (2**CODE_BITS - 1)) for each in best]


def _count(catalogue: Catalogue, found: BitMap, code: int) -> int:
    return catalogue.values.of(code).intersection_cardinality(found)


def _most_frequent(
    catalogue: Catalogue, found: BitMap, field: str, most: int
) -> list[tuple[int, int]]:
    """Counts until no other value can have more: none has more among some than among all."""
    best: list[tuple[int, int]] = []
    for at_most, code in catalogue.values.by_frequency(field):
        if len(best) == most and at_most < best[0][0]:
            break
        pair = _count(catalogue, found, code), code
        (heapq.heappush if len(best) < most else heapq.heappushpop)(best, pair)
    return sorted(best, reverse=True)
