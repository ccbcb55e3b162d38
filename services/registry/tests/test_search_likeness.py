"""Recipes that are like another, and those that merge the same models in another way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyroaring import BitMap

from registry.search.answering.likeness import (
    MOST_CANDIDATES,
    Like,
    Traits,
    alike,
    same_ingredients,
)
from registry.search.bitmaps.arrays import Slots


class Catalogue:
    """Recipes by their places in a list."""

    def __init__(self, recipes: Sequence[Traits]) -> None:
        self.recipes = recipes

    def having(self, field: str, value: str) -> BitMap:
        values = {
            "ingredient": lambda each: each.ingredients,
            "tag": lambda each: each.tags,
            "method": lambda each: each.methods,
            "base": lambda each: (each.base,),
        }[field]
        return BitMap(n for n, each in enumerate(self.recipes) if value in values(each))

    def counted(self, low: int, high: int) -> BitMap:
        return BitMap(n for n, each in enumerate(self.recipes) if low <= each.count <= high)

    def counts(self, numbers: Slots) -> NDArray[np.int64]:
        return np.array([self.recipes[number].count for number in numbers], np.int64)

    @property
    def all(self) -> BitMap:
        return BitMap(range(len(self.recipes)))


def some(values: str, least: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), min_size=least, unique=True).map(tuple)


RECIPES = st.builds(
    lambda method, base, models, tags: Traits((method,), base, models, tags, len(models)),
    st.sampled_from("mn"),
    st.sampled_from(["a", "b", None]),
    some("abcd", 1),
    some("xyz"),
)


def brute_force(recipe: Traits, recipes: Sequence[Traits]) -> list[Like]:
    """The same by sets."""

    def share(ours: tuple[str, ...], theirs: tuple[str, ...], whole: set[str]) -> float:
        return len({*ours} & {*theirs}) / len(whole) if whole else 0.0

    found = []
    for number, each in enumerate(recipes):
        either = {*recipe.ingredients, *each.ingredients}
        models = share(recipe.ingredients, each.ingredients, either)
        tags = share(recipe.tags, each.tags, {*recipe.tags})
        method = recipe.methods == each.methods
        base = recipe.base is not None and recipe.base == each.base
        if models or tags or (method and base):
            found.append(Like(number, 0.6 * models + 0.15 * (method + base) + 0.1 * tags))
    return sorted(found, key=lambda like: (-like.likeness, -like.number))


@given(st.lists(RECIPES, min_size=1, max_size=12), st.integers(1, 12))
def test_the_most_like_are_those_that_share_most(recipes: list[Traits], most: int) -> None:
    catalogue = Catalogue(recipes)
    found = alike(recipes[0], catalogue, catalogue.all, most)
    expected = brute_force(recipes[0], recipes)
    likeness = {each.number: each.likeness for each in expected}
    assert [like.likeness for like in found] == pytest.approx(
        [like.likeness for like in expected[:most]]
    )
    for like in found:
        assert like.likeness == pytest.approx(likeness[like.number])


@given(st.lists(RECIPES, min_size=1, max_size=12))
def test_the_same_ingredients_are_the_same_set_by_another_method(recipes: list[Traits]) -> None:
    catalogue, recipe = Catalogue(recipes), recipes[0]
    expected = {
        number
        for number, each in enumerate(recipes)
        if {*each.ingredients} == {*recipe.ingredients} and each.methods != recipe.methods
    }
    assert set(same_ingredients(recipe, catalogue, catalogue.all)) == expected


@given(st.lists(RECIPES, min_size=1, max_size=12), st.sets(st.integers(0, 11)))
def test_only_recipes_that_the_viewer_sees_are_found(recipes: list[Traits], seen: set[int]) -> None:
    catalogue, among = Catalogue(recipes), BitMap(seen)
    found = {like.number for like in alike(recipes[0], catalogue, among, 12)}
    assert found | set(same_ingredients(recipes[0], catalogue, among)) <= seen
    only = [each for number, each in enumerate(recipes) if number in seen]
    alone = alike(recipes[0], Catalogue(only), Catalogue(only).all, 12)
    of_all = alike(recipes[0], catalogue, among, 12)
    assert [each.likeness for each in alone] == [each.likeness for each in of_all]


def test_of_very_many_the_best_are_found_all_the_same() -> None:
    wanted = Traits(("ties",), "org/base", ("org/base", "org/a", "org/b"), ("german",), 3)
    common = Traits(("slerp",), "org/base", ("org/base", "org/c"), (), 2)
    recipes = [wanted, *[common] * (3 * MOST_CANDIDATES), replace(wanted, tags=())]
    recipes += [common] * MOST_CANDIDATES
    catalogue = Catalogue(recipes)
    first, second, *others = alike(wanted, catalogue, catalogue.all, 10)
    assert (first.number, second.number) == (0, 3 * MOST_CANDIDATES + 1)
    assert [each.number for each in others] == list(range(len(recipes) - 1, len(recipes) - 9, -1))
