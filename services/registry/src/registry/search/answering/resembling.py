"""Recipes like one recipe, and those that merge the same models by another method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from registry.search.answering.facts import facts
from registry.search.answering.likeness import Traits, alike, same_ingredients
from registry.search.bitmaps.arrays import Slots, bitmap
from registry.search.catalogue.catalogue import NONE, Catalogue
from registry.search.catalogue.sight import Viewpoint

By = Literal["likeness", "ingredients"]


@dataclass(frozen=True)
class Resembling:
    """The number of a recipe, and how like it is."""

    number: int
    likeness: float


def resembling(
    catalogue: Catalogue, number: int, method: str, viewpoint: Viewpoint, by: By, most: int
) -> list[Resembling]:
    """At most so many recipes that are like one of this number and method, the most like first."""
    slot = catalogue.slot(number)
    if slot == NONE:
        return []
    sight = catalogue.sight
    among = sight.of(viewpoint) - sight.archived - BitMap((slot,))
    traits, compared = _traits(catalogue, slot, number, method), _Compared(catalogue)
    if by == "ingredients":
        among = same_ingredients(traits, compared, among)
    numbers = catalogue.column("number")
    found = alike(traits, compared, among, most)
    return [Resembling(int(numbers[each.number]), each.likeness) for each in found]


def _traits(catalogue: Catalogue, slot: int, number: int, method: str) -> Traits:
    known = facts(catalogue, number)
    return Traits(
        methods=(method,),
        base=known.base,
        ingredients=tuple(catalogue.values.of_entry("ingredient", slot)),
        tags=tuple(catalogue.values.of_entry("tag", slot)),
        count=known.ingredients,
    )


class _Compared:
    """What the comparison asks of the catalogue: an entry's slot is its number there."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._counts = catalogue.column("ingredients")

    def having(self, field: str, value: str) -> BitMap:
        """The entries that have exactly this value of a field."""
        values = self._catalogue.values
        code = values.codes[field].get(value)
        return BitMap() if code is None else values.of(code)

    def counted(self, low: int, high: int) -> BitMap:
        """The entries that have so many ingredients."""
        return bitmap(np.flatnonzero((self._counts >= low) & (self._counts <= high)))

    def counts(self, numbers: Slots) -> NDArray[np.integer[Any]]:
        """How many ingredients entries have."""
        return np.asarray(self._counts[numbers], np.int64)
