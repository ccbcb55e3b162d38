"""In canonical form, equal merges have equal digests, and different merges different ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rfc8785
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from made_recipes import RECIPES

from mergehub.recipe import (
    Lock,
    ModelRef,
    Recipe,
    RecipeError,
    canonical,
    canonical_document,
    check_document,
    ingredients,
    parse_recipe,
    recipe_digest,
    to_yaml,
    tokenizer_models,
)
from mergehub.recipe.canonical import written
from mergehub.recipe.scalars import LARGEST_INTEGER

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

NUMBERS = (
    st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.floats(-10, 10)
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text() | st.text('\x00\x1f\x7f"\\/a\n\u2028'),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)

PLAIN = """
merge_method: ties
base_model: org/base
models:
  - model: org/a
    parameters: {weight: 0.5, density: 0.5}
  - model: org/b
    parameters: {weight: 0.001}
dtype: bfloat16
tokenizer_source: union
"""
SAME = {
    "order, quotes and comments": """
# the same merge
dtype: "bfloat16"
models:
- parameters:
    density: '0.5'
    weight: .5
  model: 'org/a'
- {model: org/b, parameters: {weight: 1e-3}}
tokenizer_source: union
base_model: org/base
merge_method: ties
""",
    "defaults written out": PLAIN.replace("weight: 0.001", "weight: 1.0e-3, density: 1")
    + "out_dtype: bfloat16\n"
    + "parameters: {normalize: 1.0, lambda: 1, rescale: false, consensus: sum}\n",
    "parameters from further out": PLAIN.replace("weight: 0.5, density: 0.5", "density: [0.5]")
    + "parameters: {weight: 0.5, density: {value: 1}, normalize: true}\n",
    "the base listed among the models": PLAIN.replace(
        "models:", "models:\n  - model: org/base\n    parameters: {weight: 3}"
    ),
    "filters within filters": PLAIN.replace(
        "weight: 0.5", "weight: [{value: [{filter: '*', value: 0.5}]}, {value: 9}]"
    ),
    "filters that add nothing": PLAIN.replace(
        "weight: 0.5", "weight: [{filter: '*', value: 0.5}, {filter: mlp, value: 9}]"
    ),
    "the other way to name a tokenizer": PLAIN.replace(
        "tokenizer_source: union", "tokenizer: {source: union, tokens: {}}"
    ),
    "labels and options without effect": PLAIN
    + "name: mine\nparameters: {int8_mask: true}\nallow_submatrix: false\n",
    "another name of the dtype": PLAIN.replace("bfloat16", "torch.bfloat16"),
}
OTHER = {
    "a weight": PLAIN.replace("0.001", "0.002"),
    "the order of models": PLAIN.replace("org/a", "org/x").replace("org/b\n", "org/a\n"),
    "a revision": PLAIN.replace("org/a", "org/a@main"),
    "a gradient": PLAIN.replace("weight: 0.5", "weight: [0.5, 0.6]"),
    "a filter": PLAIN.replace("weight: 0.5", "weight: [{filter: mlp, value: 0.5}]"),
    "an option": PLAIN + "parameters: {normalize: false}\n",
    "the output's precision": PLAIN + "out_dtype: float32\n",
    "the tokenizer": PLAIN.replace("union", "base"),
    "the chat template": PLAIN + "chat_template: chatml\n",
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME.keys())
def test_the_same_recipe_written_differently_has_the_same_digest(text: str) -> None:
    assert recipe_digest(parse_recipe(text)) == recipe_digest(parse_recipe(PLAIN))


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER.keys())
def test_another_recipe_has_another_digest(text: str) -> None:
    assert recipe_digest(parse_recipe(text)) != recipe_digest(parse_recipe(PLAIN))


def test_the_canonical_form_is_sorted_json_with_every_default() -> None:
    text = "merge_method: linear\nmodels: [{model: b}, {model: a, parameters: {weight: 2.0}}]"
    assert canonical(parse_recipe(text)) == (
        b'{"allow_submatrix":false,"merge_method":"linear","models":['
        b'{"model":"b","parameters":{"weight":1}},{"model":"a","parameters":{"weight":2}}],'
        b'"parameters":{"normalize":true}}'
    )


@pytest.mark.parametrize("models", ["[{model: b}]", "[{model: b}, {model: a}]"])
def test_a_base_that_is_a_member_goes_first_listed_or_not(models: str) -> None:
    text = "merge_method: slerp\nbase_model: a\nparameters: {t: 0.5}\nmodels: "
    written = canonical_document(parse_recipe(text + models))
    assert [entry["model"] for entry in written["models"]] == ["a", "b"]


def test_a_base_beside_enough_members_does_not_join_them() -> None:
    text = (
        "merge_method: slerp\nbase_model: c\nparameters: {t: 0.5}\nmodels: [{model: b}, {model: a}]"
    )
    written = canonical_document(parse_recipe(text))
    assert [entry["model"] for entry in written["models"]] == ["b", "a"]


def test_the_origin_of_task_vectors_has_no_parameters_in_a_slice() -> None:
    sources = [{"model": m, "layer_range": [0, 2], "parameters": {"weight": 2}} for m in "ab"]
    document = {"merge_method": "ties", "base_model": "a", "slices": [{"sources": sources}]}
    written = canonical_document(check_document(document).recipe)
    origin, other = written["slices"][0]["sources"]
    assert origin["parameters"] == {}
    assert other["parameters"] == {"weight": 2.0, "density": 1.0}


def test_a_filter_without_a_default_stays_as_it_is() -> None:
    text = """
merge_method: slerp
models: [{model: a}, {model: b}]
parameters: {t: {filter: x, value: 1}}
"""
    written = canonical_document(parse_recipe(text))
    assert written["parameters"] == {"t": [{"filter": "x", "value": 1.0}]}


def test_filters_of_several_places_join_in_their_order() -> None:
    document = {
        "merge_method": "linear",
        "modules": {
            "text": {
                "slices": [
                    {
                        "sources": [
                            {
                                "model": "a",
                                "layer_range": [0, 2],
                                "parameters": {"weight": {"filter": "mlp", "value": 1}},
                            }
                        ],
                        "base_model": "b",
                        "parameters": {"weight": {"filter": "attn", "value": [2, 3]}},
                    }
                ],
                "parameters": {"normalize": False},
            }
        },
        "parameters": {"weight": 4, "normalize": True},
    }
    written = canonical_document(check_document(document).recipe)
    (part,) = written["modules"]["text"]["slices"]
    assert part["base_model"] == "b"
    assert part["parameters"] == {"normalize": False}
    assert part["sources"][0]["parameters"]["weight"] == [
        {"filter": "mlp", "value": 1},
        {"filter": "attn", "value": [2, 3]},
        {"value": 4},
    ]


NAMES = [
    "1:30",
    "yes",
    "No",
    "0x1F",
    "0o17",
    "1e5",
    "-.5",
    "010",
    "1_000",
    "2024-01-01",
    "=",
    "~",
    "é",
]


@pytest.mark.parametrize("name", NAMES)
def test_readers_of_yaml_1_1_and_1_2_read_what_is_written_alike(name: str) -> None:
    document = {"merge_method": "linear", "models": [{"model": name}], "name": name}
    written = to_yaml(check_document(document).recipe)
    assert yaml.safe_load(written) == document  # PyYAML reads YAML 1.1
    assert parse_recipe(written) == check_document(document).recipe


def test_a_recipe_of_an_unknown_method_has_no_canonical_form() -> None:
    recipe = Recipe.model_validate({"merge_method": "nothing", "models": [{"model": "a"}]})
    with pytest.raises(RecipeError, match="no merge method 'nothing'"):
        canonical(recipe)


@UNHURRIED
@given(RECIPES)
def test_the_canonical_form_is_a_recipe_whose_canonical_form_it_is(recipe: Recipe) -> None:
    again = check_document(json.loads(canonical(recipe))).recipe
    assert canonical(again) == canonical(recipe)


@UNHURRIED
@given(RECIPES)
def test_a_recipe_written_as_yaml_is_read_back_as_it_was(recipe: Recipe) -> None:
    assert parse_recipe(to_yaml(recipe)) == recipe


def test_yaml_is_written_for_people() -> None:
    text = "merge_method: linear\nmodels:\n- model: org/a@v1\n  parameters:\n    weight: 0.5\n"
    assert to_yaml(parse_recipe(text)) == text


def test_ingredients_are_each_model_once_the_base_first() -> None:
    recipe = check_document(
        {
            "merge_method": "task_arithmetic",
            "base_model": "base",
            "slices": [
                {
                    "sources": [{"model": m, "layer_range": [0, 2]} for m in ("a", "b", "a")],
                    "base_model": "other",
                }
            ],
            "tokenizer": {
                "source": "a",
                "tokens": {
                    "x": {"source": "c"},
                    "y": {"source": {"kind": "model_token", "model": "d", "token": "z"}},
                    "z": {"source": {"kind": "zero"}},
                    "forced": {"force": True},
                },
            },
        }
    ).recipe
    assert list(map(str, ingredients(recipe))) == ["base", "other", "a", "b"]
    assert list(map(str, tokenizer_models(recipe))) == ["a", "c", "d"]


def test_a_recipe_without_base_or_tokenizer_names_only_its_models() -> None:
    recipe = parse_recipe("merge_method: linear\nmodels: [{model: b}, {model: a}]")
    assert list(map(str, ingredients(recipe))) == ["b", "a"]
    assert tokenizer_models(recipe) == []
    union = parse_recipe("merge_method: linear\nmodels: [{model: b}]\ntokenizer_source: union")
    assert tokenizer_models(union) == []


def locked(**changes: Any) -> dict[str, Any]:
    file = {"sha256": "0" * 64, "size": 3}
    ingredient = {"ref": "org/a@main", "kind": "hub", "revision": "abc", "files": {"a.json": file}}
    lock = {"recipe": "sha256:" + "0" * 64, "engine": "0.1.0", "seed": 0}
    return lock | {"ingredients": [ingredient]} | changes


def test_a_lock_survives_being_written_and_read() -> None:
    lock = Lock.model_validate(locked())
    assert lock.ingredients[0].ref == ModelRef.parse("org/a@main")
    assert Lock.model_validate_json(lock.model_dump_json()) == lock


@pytest.mark.parametrize(
    "changes", [{"recipe": "sha256:xyz"}, {"seed": None}, {"version": 2}, {"more": 1}]
)
def test_a_lock_holds_nothing_but_what_it_should(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        Lock.model_validate(locked(**changes))


@UNHURRIED
@given(document=VALUES)
@example(document=[-0.0, 1e-4, 9.9e-5, 1e-7, 5e-324, 1e15, 2.0**53, 1e21, 0.1, 1.0, True])
@example(document={"\ue000": 1, "\U00010000": 2})
def test_json_is_written_as_rfc_8785_says(document: Any) -> None:
    assert written(document) == rfc8785.dumps(document)
