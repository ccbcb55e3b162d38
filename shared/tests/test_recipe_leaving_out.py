"""Recipes without one of their ingredients: which can be left out, and what the rest becomes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from mergehub.recipe import Recipe, catalogue, parse_recipe, to_yaml
from mergehub.recipe.leaving_out import LeftOut, each_left_out


def recipe(method: str, models: list[str], base: str | None = None, **more: Any) -> Recipe:
    listed = [{"model": model} for model in models]
    document = {"merge_method": method, "models": listed, **more}
    return parse_recipe(yaml.safe_dump(document | ({"base_model": base} if base else {})))


def left_out(given: Recipe) -> dict[str, LeftOut]:
    return {str(each.model): each for each in each_left_out(given)}


def models_of(each: LeftOut) -> list[str]:
    assert each.recipe is not None
    return [str(entry.model) for entry in each.recipe.inputs]


def test_a_mean_is_divided_by_the_weights_that_remain() -> None:
    found = left_out(recipe("linear", ["a", "b", "c"]))
    assert {name: models_of(each) for name, each in found.items()} == {
        "a": ["b", "c"], "b": ["a", "c"], "c": ["a", "b"],
    }  # fmt: skip
    assert all("divided by their sum" in each.how for each in found.values())
    plain = left_out(recipe("linear", ["a", "b"], parameters={"normalize": False}))
    assert "their sum is smaller" in plain["a"].how


def test_a_task_vector_is_left_out_and_the_base_never_is() -> None:
    found = left_out(recipe("task_arithmetic", ["base", "a", "b"], "base"))
    assert found.keys() == {"a", "b"}
    assert models_of(found["a"]) == ["base", "b"]
    assert found["a"].recipe is not None
    assert found["a"].recipe.merge_method == "task_arithmetic"
    assert "keep their weights" in found["a"].how


def test_of_two_models_the_other_one_remains_unchanged() -> None:
    found = left_out(recipe("slerp", ["a", "b"], "a", parameters={"t": 0.3}))
    assert {name: models_of(each) for name, each in found.items()} == {"a": ["b"], "b": ["a"]}
    for each in found.values():
        assert each.recipe is not None
        assert each.recipe.merge_method == "passthrough"
        assert each.recipe.parameters == {}
    assert found["a"].how == "Only b remains, unchanged: slerp needs more models."


def test_a_method_of_one_task_vector_leaves_the_base() -> None:
    found = left_out(recipe("arcee_fusion", ["a"], "base"))
    assert models_of(found["a"]) == ["base"]


def test_a_base_that_only_gives_the_tokenizer_is_not_left_out() -> None:
    assert left_out(recipe("linear", ["a", "b"], "base")).keys() == {"a", "b"}


def sliced(*slices: list[str]) -> Recipe:
    parts = [
        {"sources": [{"model": model, "layer_range": [i * 2, i * 2 + 2]} for model in sources]}
        for i, sources in enumerate(slices)
    ]
    document = {"merge_method": "slerp", "slices": parts, "parameters": {"t": 0.5}}
    return parse_recipe(yaml.safe_dump(document))


def test_slices_lose_a_source_and_keep_their_layers() -> None:
    found = left_out(sliced(["a", "b"], ["a", "b"]))
    only = found["a"].recipe
    assert only is not None
    assert only.merge_method == "passthrough"
    assert [(str(s.model), s.layer_range) for part in only.all_slices for s in part.sources] == [
        ("b", (0, 2)), ("b", (2, 4)),
    ]  # fmt: skip


def test_a_model_that_a_slice_cannot_do_without_is_kept_and_that_is_said() -> None:
    found = left_out(sliced(["a", "b"], ["b", "c"]))
    assert found["a"].recipe is None
    assert found["a"].how == (
        "a cannot be left out: slice 2 would have no source, or too few for the method."
    )
    stacked = yaml.safe_dump(
        {
            "merge_method": "passthrough",
            "slices": [
                {"sources": [{"model": "a", "layer_range": [0, 2]}]},
                {"sources": [{"model": "b", "layer_range": [2, 4]}]},
            ],
        }
    )
    assert all(each.recipe is None for each in each_left_out(parse_recipe(stacked)))


@pytest.mark.parametrize("method", sorted(catalogue()))
def test_what_remains_of_any_method_is_a_recipe(method: str) -> None:
    spec = catalogue()[method]
    count = spec.max_models or 3
    base = "base" if spec.base in ("required", "optional") else None
    needed = {p.name: 0.5 for p in spec.parameters if p.required}
    given = recipe(method, list("abc")[:count], base, parameters=needed)
    found = list(each_left_out(given))
    assert [str(each.model) for each in found] == list("abc")[:count]
    for each in found:
        if each.recipe is not None:
            assert parse_recipe(to_yaml(each.recipe)) == each.recipe
            assert str(each.model) not in models_of(each)
