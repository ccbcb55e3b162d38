"""Values that depend on the place: gradients, filters, and the priority of places."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mergehub.recipe import (
    MethodSpec,
    ParameterScope,
    ParameterSpec,
    UnresolvedParameter,
    layer_position,
    resolve,
)
from mergehub.recipe.values import Parameters, Setting

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
SETTING: TypeAdapter[Setting] = TypeAdapter(Setting)
PARAMETERS: TypeAdapter[Parameters] = TypeAdapter(Parameters)
MLP = "model.layers.1.mlp.up_proj.weight"
ATTENTION = "model.layers.10.self_attn.q_proj.weight"


def value(written: Any, tensor: str = MLP, position: float = 0.0) -> Any:
    return resolve(SETTING.validate_python(written), tensor, position)


@pytest.mark.parametrize("written", [0.5, "0.5", [0.5], {"value": 0.5}, [{"value": [0.5]}]])
def test_one_value_may_be_written_in_many_ways(written: Any) -> None:
    assert value(written, position=0.3) == 0.5


@pytest.mark.parametrize(
    ("position", "expected"),
    [(0.0, 0.0), (0.125, 0.5), (0.25, 1.0), (0.5, 0.5), (0.75, 0.0), (0.875, 2.0), (1.0, 4.0)],
)
def test_a_gradient_is_straight_between_evenly_spread_anchors(
    position: float, expected: float
) -> None:
    assert value([0, 1, 0.5, 0, 4], position=position) == expected


@UNHURRIED
@given(st.lists(st.floats(-10, 10), min_size=2, max_size=9), st.integers(2, 60), st.data())
def test_a_gradient_agrees_with_the_formula_layer_by_layer(
    anchors: list[float], layers: int, data: st.DataObject
) -> None:
    layer = data.draw(st.integers(0, layers - 1))
    place = layer * (len(anchors) - 1) / (layers - 1)
    expected = sum(max(0.0, 1 - abs(place - i)) * anchor for i, anchor in enumerate(anchors))
    got = value(anchors, position=layer_position(layer, layers))
    assert got == pytest.approx(expected, abs=1e-9)


def test_the_ends_of_a_gradient_are_its_first_and_last_anchor_exactly() -> None:
    anchors = [0.1, 0.7, 0.3]
    assert value(anchors, position=layer_position(0, 32)) == 0.1
    assert value(anchors, position=layer_position(31, 32)) == 0.3
    assert value(anchors, position=layer_position(0, 1)) == 0.3


def test_words_step_at_the_anchors() -> None:
    assert [value(["l1", "l2", "linf"], position=p) for p in (0.0, 0.4, 0.5, 1.0)] == [
        "l1",
        "l1",
        "l2",
        "linf",
    ]


def test_the_first_filter_that_matches_wins() -> None:
    written = [
        {"filter": "self_attn", "value": [0, 1]},
        {"filter": "mlp", "value": 2},
        {"value": 3},
    ]
    assert value(written, ATTENTION, 0.25) == 0.25
    assert value(written, MLP) == 2
    assert value(written, "model.norm.weight") == 3


def test_filters_nest_and_fall_through_where_nothing_inside_matches() -> None:
    written = [
        {
            "filter": "mlp",
            "value": [{"filter": "up_proj", "value": 1}, {"filter": "x", "value": 2}],
        },
        {"filter": "*", "value": 9},
    ]
    assert value(written, MLP) == 1
    assert value(written, "model.layers.1.mlp.down_proj.weight") == 9
    assert value([{"filter": "vision", "value": 1}], MLP) is None


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("mlp", {MLP}),
        ("layers.1.", {MLP}),
        (r"/layers\.\d+\./", {MLP, ATTENTION}),
        ("/(q|k|v)_proj/", {ATTENTION}),
        (r"/^model\..*weight$/", {MLP, ATTENTION}),
        ("/^layers/", set()),
        ("model.layers.[01].*", set()),
        ("layers.1", {MLP, ATTENTION}),
        ("layers.*", set()),
        ("/mlp", set()),
        ("/", set()),
        ("*", {MLP, ATTENTION}),
    ],
)
def test_a_filter_is_a_piece_of_the_name_or_a_regular_expression_in_slashes(
    pattern: str, matched: set[str]
) -> None:
    written = [{"filter": pattern, "value": 1}]
    assert {name for name in (MLP, ATTENTION) if value(written, name) == 1} == matched


@pytest.mark.parametrize(
    "text",
    ["[a", "*mlp*", "(a+)+$", "a|b", "\\", "layers.[01].*", "^model", "a$", "w{2}", "//x", "é"],
)
def test_a_filter_without_slashes_means_what_it_means_to_mergekit(text: str) -> None:
    names = [MLP, f"before {text} after", text]
    found = [name for name in names if value([{"filter": text, "value": 1}], name) == 1]
    assert found == [name for name in names if text in name]


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("", "it is empty"),
        ("//", "between the slashes is empty"),
        ("/[a/", "missing ]"),
        ("/*mlp/", "no argument for repetition operator"),
        (r"/(a*)\1/", "invalid escape sequence"),
        ("/(?=a)/", "invalid perl operator"),
        ("/(.{40}){20}/", "too large"),
        ("/((((a?){9}){9}){9}){9}/", "invalid repetition size"),
        ("a" * 201, "longer than 200 characters"),
    ],
)
def test_a_filter_that_cannot_be_used_says_why(pattern: str, why: str) -> None:
    with pytest.raises(ValidationError, match=f"cannot be used as a filter: .*({why})"):
        SETTING.validate_python([{"filter": pattern, "value": 1}])


@pytest.mark.timeout(60)
@pytest.mark.parametrize("pattern", ["/.*.*.*Q/", "/(a+)+$b/", "/(a|a)*b/", "/([ab]?){20}c/"])
def test_a_filter_takes_time_linear_in_the_name(pattern: str) -> None:
    # Backtracking needs minutes for the first of these at 500 characters, and ages at 50,000.
    assert value([{"filter": pattern, "value": 1}], "a" * 50_000) is None


@pytest.mark.parametrize(
    "written", [None, [], [[1]], [1, {"value": 2}], float("nan"), float("inf"), 2**60, [None], {}]
)
def test_what_is_no_value_is_refused(written: Any) -> None:
    with pytest.raises(ValidationError):
        SETTING.validate_python(written)


METHOD = MethodSpec(
    name="example",
    title="Example",
    summary="Takes one parameter of each type.",
    formula="θ",
    parameters=(
        ParameterSpec(name="weight", type="float", default=1, doc="How much."),
        ParameterSpec(name="normalize", type="bool", default=True, doc="Whether."),
        ParameterSpec(name="steps", type="int", default=3, doc="How many."),
        ParameterSpec(name="norm", type="str", choices=("l1", "l2"), default="l1", doc="Which."),
        ParameterSpec(name="t", type="float", required=True, doc="Where."),
    ),
)


def scope(*places: dict[str, Any]) -> ParameterScope:
    return ParameterScope(METHOD, tuple(PARAMETERS.validate_python(place) for place in places))


def test_the_innermost_place_wins_and_the_default_comes_last() -> None:
    places = scope({"weight": 0.1}, {"weight": 0.2, "t": 0.5}, {"t": 0.9, "norm": "l2"})
    assert places.values(MLP, 0.0) == {
        "weight": 0.1,
        "normalize": True,
        "steps": 3,
        "norm": "l2",
        "t": 0.5,
    }


def test_a_place_whose_filters_do_not_match_gives_way_to_the_next() -> None:
    places = scope({"weight": [{"filter": "self_attn", "value": 0.1}]}, {"weight": 0.2})
    assert places.value("weight", ATTENTION, 0.0) == 0.1
    assert places.value("weight", MLP, 0.0) == 0.2


def test_values_have_the_type_of_their_declaration() -> None:
    found = scope({"weight": 2, "normalize": 1.0, "steps": [1, 4], "t": 0}).values(MLP, 0.9)
    assert [(name, type(each)) for name, each in found.items()] == [
        ("weight", float),
        ("normalize", bool),
        ("steps", int),
        ("norm", str),
        ("t", float),
    ]
    assert found["steps"] == 4


def test_a_required_parameter_without_a_value_is_named_with_its_tensor() -> None:
    places = scope({"t": [{"filter": "self_attn", "value": 0.5}]})
    with pytest.raises(UnresolvedParameter, match=r"example needs 't'.*mlp\.up_proj"):
        places.value("t", MLP, 0.0)
    with pytest.raises(UnresolvedParameter, match="example has no parameter 'density'"):
        places.value("density", MLP, 0.0)


def test_parameters_left_empty_are_none() -> None:
    assert PARAMETERS.validate_python(None) == {}
