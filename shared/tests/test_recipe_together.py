"""Constraints on parameters that meet at one place, checked from the recipe alone."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mergehub.recipe import MethodSpec, RecipeError, check_document
from mergehub.recipe.constraints import SomeNonzero


def della(density: Any, epsilon: Any = None, where: str = "model") -> dict[str, Any]:
    """A DELLA recipe with a density for its model, and an epsilon for the model or for all."""
    given = {"epsilon": epsilon} if epsilon is not None else {}
    own = {"density": density} | (given if where == "model" else {})
    return {
        "merge_method": "della",
        "base_model": "c",
        "models": [{"model": "a", "parameters": own}],
        "parameters": given if where == "recipe" else {},
    }


def sliced(document: dict[str, Any], layers: int) -> dict[str, Any]:
    """The same recipe with slices of a number of layers."""
    (model,) = document.pop("models")
    cut = {"layer_range": [0, layers]}
    return document | {"slices": [{"sources": [{"model": "c"} | cut, model | cut]}]}


def linear(*weights: Any, **parameters: Any) -> dict[str, Any]:
    models = [
        {"model": name, "parameters": {"weight": weight}}
        for name, weight in zip("abcdef", weights, strict=False)
    ]
    return {"merge_method": "linear", "models": models, "parameters": parameters}


def found(document: dict[str, Any]) -> list[tuple[str, str]]:
    try:
        check_document(document)
    except RecipeError as error:
        return [(fault.path, fault.code) for fault in error.faults]
    return []


MLP, ATTENTION = {"filter": "mlp"}, {"filter": "/attn$/"}
BROKEN = {
    "constants": della(0.8, 0.3),
    "an epsilon for all": della(0.8, 0.3, "recipe"),
    "the default epsilon": della(0.9),
    "an epsilon below 0": della(0.5, -0.5),
    "the end of a gradient": della([0.5, 0.95], 0.1),
    "beside an inner anchor": della([0.5, 1, 0.5], 0.2),
    "two gradients": della([0.5, 0.7], [0.1, 0.4]),
    "a filter": della([MLP | {"value": 0.9}, {"value": 0.5}], 0.2),
    "an expression": della([ATTENTION | {"value": 0.9}, {"value": 0.5}], 0.2),
    "equal filters": della([MLP | {"value": 0.9}, {"value": 0.5}], [MLP | {"value": 0.2}]),
    "a filter within a filter": della(
        [{"filter": "layers.1.mlp", "value": 0.9}, {"value": 0.5}], [MLP | {"value": 0.2}]
    ),
    "a default beyond a filter": della([MLP | {"value": 0.5}], 0.1)
    | {"parameters": {"density": 0.95}},
}
WELL = {
    "constants": della(0.8, 0.1),
    "all kept": della(1.0, 0.3),
    "none kept": della(0, 0.3),
    "gradients that go together": della([0.5, 0.9], [0.4, 0.05]),
    "filters that go together": della(
        [MLP | {"value": 0.9}, {"value": 0.5}], [MLP | {"value": 0.05}, {"value": 0.3}]
    ),
    "layers that miss the anchor": sliced(della([0.5, 0.99, 0.5], 0.2), 2),
}


@pytest.mark.parametrize("document", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("method", ["della", "della_linear"])
def test_probabilities_that_leave_0_to_1_are_found_where_they_can_meet(
    document: dict[str, Any], method: str
) -> None:
    assert found(document | {"merge_method": method}) == [("/models/0", "range")]


@pytest.mark.parametrize("document", WELL.values(), ids=WELL.keys())
def test_probabilities_that_stay_are_fine(document: dict[str, Any]) -> None:
    assert found(document) == []


def test_the_layers_of_a_slice_are_looked_at_one_by_one() -> None:
    wrong = sliced(della([0.5, 0.99, 0.5], 0.2), 3)
    assert found(wrong) == [("/slices/0/sources/1", "range")]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (linear(1, -1), "/models"),
        (linear(0, 0), "/models"),
        (linear([1, 0], [-1, 1]), "/models"),
        (linear(1, [MLP | {"value": -1}, {"value": 1}]), "/models"),
        (linear(1, -1) | {"merge_method": "multislerp"}, "/models"),
        (linear(0, 0, normalize_weights=False) | {"merge_method": "multislerp"}, "/models"),
        (linear(*[2e38] * 2), "/models"),
    ],
)
def test_weights_that_cannot_be_summed_are_found(document: dict[str, Any], path: str) -> None:
    assert found(document) == [(path, "range")]


def test_weights_that_sum_to_nothing_are_fine_where_nothing_is_divided_by_the_sum() -> None:
    assert found(linear(1, -1, normalize=False)) == []
    # The sum is 0 at one depth only, where there may be no layer.
    assert found(linear([1, 0, 1], [1, 0, 1])) == []


def test_weights_are_held_by_float32_on_their_own_where_nothing_is_divided_by_their_sum() -> None:
    assert found(linear(3e38, -3e38, normalize=False)) == []
    assert found(linear(3e38, 3e38, normalize=False)) == []
    assert found(linear(3e38, -3e38, 3e38, normalize=True)) == [("/models", "range")]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ((1, -1), "the weights sum to 0, and nothing can be divided by 0; "),
        ((1e-40, 1e-40), "the weights sum to 2e-40, which is below 1e-08, too close to 0 "),
        ((3e38, 3e38), "the sum of the weights of one sign is 6e+38, more than float32 can hold"),
    ],
)
def test_what_is_wrong_with_a_sum_is_said_as_it_is(
    weights: tuple[float, float], message: str
) -> None:
    with pytest.raises(RecipeError) as refused:
        check_document(linear(*weights))
    assert refused.value.faults[0].message.startswith(message)


def test_a_weight_times_lambda_is_named_without_a_sum() -> None:
    ties = linear(1e20, 1, **{"lambda": 1e20}, normalize=False)
    with pytest.raises(RecipeError) as refused:
        check_document(ties | {"merge_method": "ties", "base_model": "z"})
    assert refused.value.faults[0].message.startswith("a weight times lambda is 1e+40, more than")


def test_a_gradient_of_thousands_of_anchors_is_looked_at_within_the_depth() -> None:
    assert found(linear([1] * 5_000, 1)) == []


@pytest.mark.parametrize("value", [1e39, -1e308, 3.5e38, "1e39", [0, 1e39], [{"value": 1e39}]])
def test_a_number_that_float32_does_not_hold_is_a_fault_of_every_parameter(value: Any) -> None:
    for method, name in [("linear", "weight"), ("ties", "lambda"), ("passthrough", "scale")]:
        document = {
            "merge_method": method,
            "base_model": "c",
            "models": [{"model": "a"}],
            "parameters": {name: value},
        }
        ((path, code),) = found(document)
        assert path.startswith(f"/parameters/{name}")
        assert code == "range"


def test_a_scaled_sum_that_float32_does_not_hold_is_found() -> None:
    ties = linear(1e20, 1, **{"lambda": 1e20}) | {"merge_method": "ties", "base_model": "z"}
    assert found(ties) == [("/models", "range")]


def test_a_method_constrains_only_what_it_declares() -> None:
    with pytest.raises(ValidationError, match="constrains"):
        MethodSpec(
            name="x",
            title="X",
            summary="X.",
            formula="θ",
            constraints=(SomeNonzero(kind="some-nonzero", parameter="weight"),),
        )
