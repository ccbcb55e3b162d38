"""What a search knows of a recipe's content."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mergehub.recipe import canonical_document, ingredients, parse_recipe
from registry.search.features import MOST_VALUES, UNKNOWN, Described, described

TIES = """
merge_method: ties
base_model: Org/Base@main
models:
  - {model: Org/A, parameters: {density: 0.5, weight: [0.2, 0.4]}}
  - {model: Org/B+org/Adapter@v1, parameters: {density: [{filter: mlp, value: 0.9}, {value: 0.3}]}}
parameters: {normalize: true}
"""
SLICES = """
merge_method: passthrough
slices:
  - sources: [{model: a/x, layer_range: [0, 4], parameters: {scale: 0.5}}]
  - sources: [{model: a/x, layer_range: [2, 8]}]
"""
MODULES = """
merge_method: linear
modules:
  parameters: {models: [{model: a/x, parameters: {weight: 2}}, {model: b/y}]}
  vision: {models: [{model: c/z}]}
"""
SLERP = """
merge_method: slerp
base_model: a/x
models: [{model: b/y}]
parameters: {t: 0.25}
"""


def of(text: str) -> Described:
    return described(canonical_document(parse_recipe(text)))


def test_models_have_their_plain_names_and_one_with_an_adapter_is_one() -> None:
    found = of(TIES)
    assert found.base == "org/base"
    assert set(found.ingredients) == {"org/base", "org/a", "org/b", "org/adapter"}
    assert (found.methods, found.count, found.shape) == (("ties",), 3, "models")


def test_parameters_have_all_values_that_they_take_anywhere() -> None:
    found = of(TIES).parameters
    assert found["density"] == (0.3, 0.5, 0.9)
    assert found["weight"] == (0.2, 0.4, 1.0)  # the last is the default
    assert found["normalize"] == (1.0,)
    assert "consensus" not in found


@pytest.mark.parametrize(
    ("text", "base", "models", "shape"),
    [
        (SLICES, None, {"a/x"}, "slices"),
        (MODULES, None, {"a/x", "b/y", "c/z"}, "modules"),
        (SLERP, "a/x", {"a/x", "b/y"}, "models"),
    ],
)
def test_every_shape_is_described(
    text: str, base: str | None, models: set[str], shape: str
) -> None:
    found = of(text)
    assert (found.base, set(found.ingredients), found.shape) == (base, models, shape)
    assert found.count == len(models)
    named = {each.model.lower() for each in ingredients(parse_recipe(text))}
    assert named == models


def test_a_base_is_never_guessed() -> None:
    assert of(MODULES).base is None
    assert of(MODULES).parameters["weight"] == (1.0, 2.0)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=200))
def test_of_many_values_the_ends_and_some_between_are_kept(values: list[float]) -> None:
    anchors = ", ".join(map(repr, values))
    [kept] = of(f"{SLERP.split('parameters')[0]}parameters: {{t: [{anchors}]}}").parameters.values()
    assert (kept[0], kept[-1]) == (min(values), max(values))
    assert set(kept) <= set(values)
    assert list(kept) == sorted(set(kept))
    assert len(kept) == min(len(set(values)), MOST_VALUES)


@pytest.mark.parametrize(
    "canonical",
    [{}, [], {"merge_method": "linear"}, {"merge_method": "linear", "models": [{"model": 5}]}],
)
def test_a_form_that_cannot_be_read_is_nothing_and_holds_up_nobody(canonical: Any) -> None:
    assert described(canonical) == UNKNOWN
