"""In which order results come: a whole number for each, and among equals the newest recipe first.

The numbers depend on the recipe and the query alone, so a page can begin after any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from registry.search.answering.matching import words
from registry.search.bitmaps.arrays import Slots, slots_of
from registry.search.catalogue.catalogue import Catalogue
from registry.search.catalogue.entry import WEIGHTS
from registry.search.query import Query

Sort = Literal["relevance", "new", "stars", "uplift", "reproductions", "trending"]
Keys = NDArray[np.int64]

NUMBER_BITS = 31
SCALE = {"uplift": 10_000, "trending": 1000}
"""So many steps of a key are one of the number."""
UNKNOWN = -(2**31)


@dataclass(frozen=True)
class Place:
    """The place of a result in an order."""

    key: int
    number: int

    def whole(self) -> int:
        return (self.key << NUMBER_BITS) + self.number


def page(
    catalogue: Catalogue, found: BitMap, query: Query, sort: Sort, after: Place | None, rows: int
) -> list[Place]:
    """The places of the first results after a place, best first."""
    slots = slots_of(found)
    keys = _keys(catalogue, slots, found, query, sort)
    whole = (keys << NUMBER_BITS) + catalogue.column("number")[slots]
    if after is not None:
        whole = whole[whole < after.whole()]
    if len(whole) > rows:
        whole = np.partition(whole, len(whole) - rows)[-rows:]
    best = np.sort(whole)[::-1].tolist()
    return [Place(each >> NUMBER_BITS, each & (2**NUMBER_BITS - 1)) for each in best]


def _keys(catalogue: Catalogue, slots: Slots, found: BitMap, query: Query, sort: Sort) -> Keys:
    if sort == "relevance":
        return _relevance(catalogue, slots, found, query)
    column = catalogue.column("created" if sort == "new" else sort)[slots]
    if sort not in SCALE:
        return column.astype(np.int64)
    known = np.isfinite(column)
    keys = np.full(len(column), UNKNOWN, np.int64)
    keys[known] = np.rint(column[known].astype(np.float64) * SCALE[sort])
    return keys


def _relevance(catalogue: Catalogue, slots: Slots, found: BitMap, query: Query) -> Keys:
    """The sum over the words of how much the best text that has them counts."""
    keys = np.zeros(len(slots), np.int64)
    for word, prefix in words(query):
        texts = catalogue.texts
        places = texts.places_of_prefix(word) if prefix else texts.places(word)
        weights = np.zeros(catalogue.size, np.uint8)
        for weight, place in reversed(list(zip(WEIGHTS, places, strict=True))):
            weights[slots_of(place & found)] = weight
        keys += weights[slots]
    return keys
