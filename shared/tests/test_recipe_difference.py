"""Two recipes differ by what they merge and how: every change is named, and nothing else is."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_recipes import RECIPES

from mergehub.recipe import Recipe, canonical, check_document, parse_recipe, to_yaml
from mergehub.recipe.difference import Difference, Place, differences
from mergehub.recipe.difference.words import path, values

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
Json = dict[str, Any]
Found = tuple[str, str, str | None, Place]


def compared(old: Json, new: Json) -> list[Difference]:
    return differences(*(check_document(each).recipe for each in (old, new)))


def in_words(old: Json, new: Json) -> list[tuple[str, ...]]:
    return [(each.change, path(each), *values(each)) for each in compared(old, new)]


def flat(found: list[Difference]) -> Counter[Found]:
    """Each change by itself: what, how, its name and its place."""
    return Counter(
        (each.what, each.change, each.name, place) for each in found for place in each.places
    )


def in_any_order(recipe: Recipe) -> Json:
    """The canonical form, with the models of each list in the order of their text."""
    document = json.loads(canonical(recipe))

    def sort(part: Any) -> Any:
        if isinstance(part, list):
            items = [sort(each) for each in part]
            models = all(isinstance(each, dict) and "model" in each for each in items)
            return sorted(items, key=json.dumps) if models else items
        return {name: sort(each) for name, each in part.items()} if isinstance(part, dict) else part

    return sort(document)


@UNHURRIED
@given(RECIPES)
def test_a_recipe_does_not_differ_from_itself_however_it_is_written(recipe: Recipe) -> None:
    again = parse_recipe(to_yaml(recipe))
    with_defaults = check_document(json.loads(canonical(recipe))).recipe
    assert differences(recipe, again) == differences(recipe, with_defaults) == []


@UNHURRIED
@given(RECIPES, RECIPES)
def test_two_recipes_differ_if_they_say_something_else(old: Recipe, new: Recipe) -> None:
    found = differences(old, new)
    assert bool(found) == (in_any_order(old) != in_any_order(new))
    assert all(path(each) and all(values(each)) for each in found)


OPPOSITE = {"added": "removed", "removed": "added", "changed": "changed", "moved": "moved"}


@UNHURRIED
@given(RECIPES, RECIPES)
def test_the_other_way_round_all_differences_are_reversed(old: Recipe, new: Recipe) -> None:
    def summary(found: list[Difference], way: Callable[[str], str]) -> Counter[tuple[Any, ...]]:
        return Counter((each.what, way(each.change), each.name, each.filter) for each in found)

    there, back = differences(old, new), differences(new, old)
    assert summary(there, str) == summary(back, OPPOSITE.__getitem__)


VALUES = st.sampled_from([0.25, 0.5, [0, 0.5, 1], [{"filter": "mlp", "value": 0.5}, {"value": 1}]])
BASE: Json = {
    "merge_method": "ties",
    "base_model": "org/base",
    "parameters": {"normalize": True, "lambda": 1},
    "dtype": "bfloat16",
    "tokenizer": {"source": "union", "tokens": {"<s>": {"source": "org/base"}}},
}


@st.composite
def edits(draw: st.DrawFn) -> tuple[Json, Json, Counter[Found]]:
    """A recipe, the same with random changes, and what should be reported of them."""
    old = BASE | {"models": [_model(draw, number) for number in range(4)]}
    new: Json = json.loads(json.dumps(old))
    expected = [
        found
        for name, edit in EDITS.items()
        if draw(st.booleans(), label=name)
        for found in edit(draw, new)
    ]
    new["models"] = draw(st.permutations(new["models"]))
    return old, new, Counter(expected)


def _model(draw: st.DrawFn, number: int) -> Json:
    return {"model": f"org/m{number}", "parameters": {"weight": draw(VALUES), "density": 0.75}}


def _of(new: Json, number: int) -> Json:
    return next(each for each in new["models"] if each["model"] == f"org/m{number}")


def _weight(draw: st.DrawFn, new: Json) -> Iterator[Found]:
    parameters = _of(new, 0)["parameters"]
    before, parameters["weight"] = parameters["weight"], draw(VALUES)
    if before != parameters["weight"]:
        yield "parameter", "changed", "weight", Place(model="org/m0")


def _densities(draw: st.DrawFn, new: Json) -> Iterator[Found]:
    for number in draw(st.sets(st.integers(0, 1), min_size=1)):
        _of(new, number)["parameters"]["density"] = 0.5
        yield "parameter", "changed", "density", Place(model=f"org/m{number}")


def _default(draw: st.DrawFn, new: Json) -> Iterator[Found]:
    _of(new, 1)["parameters"] |= {"density": 1}
    new["parameters"] |= {"rescale": False, "consensus": "sum"}
    yield "parameter", "changed", "density", Place(model="org/m1")


def _removed(draw: st.DrawFn, new: Json) -> Iterator[Found]:
    new["models"].remove(_of(new, 2))
    yield "ingredient", "removed", None, Place(model="org/m2")


def _added(draw: st.DrawFn, new: Json) -> Iterator[Found]:
    new["models"].append(_model(draw, 9))
    yield "ingredient", "added", None, Place(model="org/m9")


def _revision(draw: st.DrawFn, new: Json) -> Iterator[Found]:
    _of(new, 3)["model"] = "org/m3@v2"
    yield "ingredient", "changed", None, Place()


def _field(what: str, name: str, value: Any, change: str = "changed") -> Any:
    def edit(draw: st.DrawFn, new: Json) -> Iterator[Found]:
        new[name] = value
        yield what, change, None, Place()

    return edit


def _normalize(draw: st.DrawFn, new: Json) -> Iterator[Found]:
    new["parameters"]["normalize"] = False
    yield "parameter", "changed", "normalize", Place()


def _token(draw: st.DrawFn, new: Json) -> Iterator[Found]:
    new["tokenizer"]["tokens"]["</s>"] = {"source": {"kind": "zero"}}
    yield "token", "added", "</s>", Place()


def _tokenizer(draw: st.DrawFn, new: Json) -> Iterator[Found]:
    new["tokenizer"]["source"] = "base"
    yield "tokenizer", "changed", "source", Place()


EDITS: dict[str, Callable[[st.DrawFn, Json], Iterator[Found]]] = {
    "weight": _weight,
    "densities": _densities,
    "removed": _removed,
    "added": _added,
    "revision": _revision,
    "base": _field("base", "base_model", "org/other"),
    "dtype": _field("dtype", "dtype", "float32"),
    "template": _field("chat_template", "chat_template", "chatml", "added"),
    "submatrix": _field("allow_submatrix", "allow_submatrix", True),
    "normalize": _normalize,
    "token": _token,
    "tokenizer": _tokenizer,
}


@UNHURRIED
@given(edits())
def test_every_change_of_a_random_edit_is_named_and_nothing_else(
    case: tuple[Json, Json, Counter[Found]],
) -> None:
    old, new, expected = case
    assert flat(compared(old, new)) == expected


def _slice(number: int, **fields: Any) -> Json:
    source = {"model": f"org/s{number}", "layer_range": [4 * number, 4 * number + 4]}
    return {"sources": [source | fields]}


def _stacked(slices: list[Json]) -> Json:
    return {"merge_method": "passthrough", "slices": slices}


@UNHURRIED
@given(st.integers(2, 8), st.randoms(use_true_random=False), st.data())
def test_slices_that_come_go_change_and_move_are_named(
    count: int, chance: random.Random, data: st.DataObject
) -> None:
    old = [_slice(number) for number in range(count)]
    gone, longer, scaled = (data.draw(st.integers(0, count - 1)) for _ in range(3))
    new = [
        _slice(
            n,
            **({"layer_range": [4 * n, 4 * n + 5]} if n == longer else {}),
            **({"parameters": {"scale": 0.5}} if n == scaled else {}),
        )
        for n in range(count)
        if n != gone
    ]
    at = data.draw(st.integers(0, len(new)))
    new.insert(at, _slice(99))
    places = {each["sources"][0]["model"]: place for place, each in enumerate(new, start=1)}
    expected = [
        ("slice", "removed", None, Place(slice=gone + 1)),
        ("slice", "added", None, Place(slice=at + 1)),
    ]
    for number, what, name in ((longer, "layers", None), (scaled, "parameter", "scale")):
        if number != gone:
            model = f"org/s{number}"
            expected.append((what, "changed", name, Place(None, places[model], model)))
    assert flat(compared(_stacked(old), _stacked(new))) == Counter(expected)


@UNHURRIED
@given(st.permutations(range(7)))
def test_as_few_slices_move_as_would_restore_the_order(order: list[int]) -> None:
    old, new = ([_slice(n) for n in each] for each in (range(7), order))
    found = compared(_stacked(old), _stacked(new))
    assert {each.change for each in found} <= {"moved"}
    stays = [n for n in order if n + 1 not in {each.old for each in found}]
    assert stays == sorted(stays)
    assert len(stays) == _longest_ascending(order)
    assert all(order[each.new - 1] == each.old - 1 for each in found)


def _longest_ascending(order: list[int]) -> int:
    """By trying all: the longest ascending part that ends at each place."""
    ends: list[int] = []
    for place, value in enumerate(order):
        ends.append(1 + max((ends[i] for i in range(place) if order[i] < value), default=0))
    return max(ends)


def linear(*names: str, **fields: Any) -> Json:
    return {"merge_method": "linear", "models": [{"model": each} for each in names], **fields}


def test_the_order_of_models_counts_where_the_method_or_the_output_depends_on_it() -> None:
    assert in_words(linear("a", "b", "c"), linear("a", "c", "b")) == []
    assert in_words(linear("a", "b", base_model="x"), linear("b", "a", base_model="x")) == []
    assert in_words(linear("a", "b"), linear("b", "a")) == [  # whose tokenizer the output gets
        ("moved", "ingredient b", "2", "1")
    ]
    both = [
        linear(*each, parameters={"t": 0.5}) | {"merge_method": "slerp"} for each in ("ab", "ba")
    ]
    assert in_words(*both) == [("moved", "ingredient b", "2", "1")]


def test_a_base_that_is_exchanged_moves_no_model() -> None:
    both = [
        linear(*"ab", parameters={"t": 0.5}, base_model=base) | {"merge_method": "slerp"}
        for base in "ab"
    ]
    assert in_words(*both) == [("changed", "base model", "a", "b")]


def test_the_same_change_in_many_places_is_one_difference() -> None:
    old, new = (BASE | {"models": [_plain(n, d) for n in range(6)]} for d in (0.5, 0.6))
    assert in_words(old, new) == [("changed", "density of every model", "0.5", "0.6")]
    new["models"][5] = _plain(5, 0.5)
    assert in_words(old, new) == [
        ("changed", "density of org/m0, of org/m1, of org/m2, of org/m3 and 1 more", "0.5", "0.6")
    ]


def _plain(number: int, density: float) -> Json:
    return {"model": f"org/m{number}", "parameters": {"density": density}}


def test_a_method_that_is_exchanged_brings_its_defaults_unmentioned() -> None:
    ties, dare = BASE | linear("a", "b") | {"merge_method": "ties"}, {}
    dare = ties | {"merge_method": "dare_ties"}
    assert in_words(ties, dare) == [
        ("changed", "merge method", "ties", "dare_ties"),
        ("changed", "rescale", "false", "true"),  # both have it, and it differs
    ]
    assert in_words(ties, ties | {"merge_method": "task_arithmetic"}) == [
        ("changed", "merge method", "ties", "task_arithmetic"),
    ]


def test_the_output_s_precision_is_named_unless_it_follows() -> None:
    old = linear("a", dtype="bfloat16")
    assert in_words(old, old | {"dtype": "float32"}) == [
        ("changed", "dtype", "bfloat16", "float32")
    ]
    assert in_words(old, old | {"out_dtype": "float32"}) == [
        ("changed", "out_dtype", "bfloat16", "float32")
    ]


def test_filters_are_compared_one_by_one() -> None:
    old, new = (
        linear("a", "b", parameters={"weight": [{"filter": "mlp", "value": v}, {"value": w}]})
        for v, w in ((0.5, 1), (0.25, [2, 1]))
    )
    assert in_words(old, new) == [
        ("changed", "weight for mlp of every model", "0.5", "0.25"),
        ("changed", "weight for other tensors of every model", "1", "[2, 1]"),
    ]
    assert in_words(old, linear("a", "b", parameters={"weight": 2})) == [
        ("changed", "weight of every model", "mlp: 0.5, other: 1", "2")
    ]


def test_modules_are_compared_by_name() -> None:
    def modules(**parts: Json) -> Json:
        return {"merge_method": "linear", "modules": parts}

    text = {"models": [{"model": "a"}, {"model": "b"}]}
    heavy = {"models": [{"model": "a", "parameters": {"weight": 2}}, {"model": "b"}]}
    assert in_words(modules(text=text, vision=text), modules(text=heavy, audio=text)) == [
        ("added", "module audio", "–", "a (weight 1) + b (weight 1), normalize true"),
        ("changed", "weight of a in module text", "1", "2"),
        ("removed", "module vision", "a (weight 1) + b (weight 1), normalize true", "–"),
    ]


def test_another_form_is_named_with_the_models_that_only_one_has() -> None:
    sources = [{"model": each, "layer_range": [0, 4]} for each in "ac"]
    new = {"merge_method": "linear", "slices": [{"sources": sources}]}
    assert in_words(linear("a", "b"), new) == [
        ("changed", "what is merged", "whole models", "slices"),
        ("removed", "ingredient b", "–", "–"),
        ("added", "ingredient c", "–", "–"),
    ]


def test_a_model_listed_twice_is_told_apart_by_its_number() -> None:
    models = [{"model": "a", "parameters": {"weight": weight}} for weight in (1, 2)]
    other = [models[0], {"model": "a", "parameters": {"weight": 3}}]
    old, new = ({"merge_method": "linear", "models": each} for each in (models, other))
    assert in_words(old, new) == [("changed", "weight of a (no. 2)", "2", "3")]


def test_names_of_strangers_cannot_control_a_terminal() -> None:
    tokens = {"source": "union", "tokens": {"\x1b[31m": {"source": {"kind": "zero"}}}}
    ((_, where, _, new),) = in_words(linear("a"), linear("a", tokenizer=tokens))[1:]
    assert where == "token ·[31m"
    assert "\x1b" not in new


@pytest.mark.parametrize(("name", "length"), [("chat_template", 20_000)])
def test_long_values_are_shortened(name: str, length: int) -> None:
    ((_, _, _, new),) = in_words(linear("a"), linear("a", **{name: "x" * length}))
    assert new == f"{'x' * 79}…"
