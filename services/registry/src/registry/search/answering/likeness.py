"""Which recipes are like a recipe, found by the bitmaps of the catalogue.

Likeness is a number from 0 to 1: which share of the ingredients of either both have, which share
of the recipe's tags the other has, and whether the method and the base are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from registry.search.bitmaps.arrays import Slots, bitmap, slots_of

INGREDIENTS, METHOD, BASE, TAGS = 0.6, 0.15, 0.15, 0.1
"""How much each counts."""
MOST_CANDIDATES = 2000
"""So many recipes are compared for each thing that they may share."""
MOST_SHARED = 32
"""So many ingredients, and so many tags, are compared; the rarest ones."""


@dataclass(frozen=True)
class Traits:
    """What of a recipe is compared; `count` is how many ingredients it has."""

    methods: tuple[str, ...]
    base: str | None
    ingredients: tuple[str, ...]
    tags: tuple[str, ...]
    count: int


class Compared(Protocol):
    """What is asked of the catalogue. Recipes are numbers."""

    def having(self, field: str, value: str) -> BitMap:
        """The recipes that have exactly this value of a field."""

    def counted(self, low: int, high: int) -> BitMap:
        """The recipes that have so many ingredients."""

    def counts(self, numbers: Slots) -> NDArray[np.integer[Any]]:
        """How many ingredients recipes have."""


@dataclass(frozen=True)
class Like:
    """A recipe and how like it is."""

    number: int
    likeness: float


def same_ingredients(recipe: Traits, catalogue: Compared, among: BitMap) -> BitMap:
    """Those of some recipes that merge exactly the same models by another method."""
    models = [catalogue.having("ingredient", each) for each in recipe.ingredients]
    models.sort(key=len)
    found = among
    for each in models:
        found = found & each
        if not found:
            return BitMap()
    same = found & catalogue.counted(recipe.count, recipe.count)
    return same - BitMap.union(BitMap(), *(catalogue.having("method", m) for m in recipe.methods))


def alike(recipe: Traits, catalogue: Compared, among: BitMap, most: int) -> list[Like]:
    """At most `most` of some recipes that share an ingredient, a tag, or method and base with one.

    The most like come first, and of equals the newest. If very many share something, the newest of
    those are compared that share most of the rest.
    """
    sets = _Sets(recipe, catalogue, among)
    candidates = slots_of(BitMap.union(BitMap(), *sets.candidates()))
    likeness = sets.likeness(candidates)
    best = np.lexsort((-candidates.astype(np.int64), -likeness))[:most]
    return [Like(int(candidates[at]), float(likeness[at])) for at in best]


class _Sets:
    """Who shares what with a recipe: a bitmap for each ingredient and tag, the rarest first."""

    def __init__(self, recipe: Traits, catalogue: Compared, among: BitMap) -> None:
        self._recipe, self._catalogue = recipe, catalogue

        def those(field: str, values: Iterable[str]) -> list[BitMap]:
            found = (catalogue.having(field, value) & among for value in values)
            return sorted(filter(None, found), key=len)[:MOST_SHARED]

        self.models = those("ingredient", recipe.ingredients)
        self.tags = those("tag", recipe.tags)
        self.method = BitMap.union(BitMap(), *those("method", recipe.methods))
        self.base = BitMap.union(BitMap(), *those("base", [recipe.base] if recipe.base else []))

    def candidates(self) -> Iterator[BitMap]:
        """Who shares something, not too many of each."""
        others = [*self.models, *self.tags, self.base, self.method]
        for each in [*self.models, *self.tags, self.base & self.method]:
            yield _few(each, others)

    def likeness(self, candidates: Slots) -> NDArray[np.float64]:
        """How like the recipe each candidate is."""
        recipe = self._recipe
        models, tags = _shared(self.models, candidates), _shared(self.tags, candidates)
        either = recipe.count + self._catalogue.counts(candidates) - models
        return np.asarray(
            INGREDIENTS * models / np.maximum(either, 1)
            + TAGS * tags / max(len(recipe.tags), 1)
            + METHOD * _shared([self.method], candidates)
            + BASE * _shared([self.base], candidates)
        )


def _shared(sets: Sequence[BitMap], candidates: Slots) -> NDArray[np.int64]:
    """In how many of some sets each candidate is."""
    among, shared = bitmap(candidates), np.zeros(len(candidates), np.int64)
    for each in sets:
        shared[np.searchsorted(candidates, slots_of(each & among))] += 1
    return shared


def _few(found: BitMap, others: Sequence[BitMap]) -> BitMap:
    """Those found; if they are many, the newest, and the newest that others have as well."""
    if len(found) <= MOST_CANDIDATES:
        return found
    narrowed = found
    for each in others:
        if len(narrowed) > MOST_CANDIDATES:
            narrowed = (narrowed & each) or narrowed
    return _newest(narrowed) | _newest(found)


def _newest(found: BitMap) -> BitMap:
    return BitMap(found[-MOST_CANDIDATES:])
