"""Spherical methods, compared with float64 formulas on the vectors themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from merge_worker.engine import PlanError
from merge_worker.engine.arithmetic.spherical import cosines
from merge_worker.engine.methods import discover
from merge_worker.engine.methods.karcher import direction
from merge_worker.engine.methods.multislerp import coefficients
from merge_worker.engine.methods.nuslerp import position
from mergehub.recipe import RecipeError

Array = NDArray[np.float64]


# The formulas, as in the papers, on one vector of each model; nothing here calls the engine.


def unit(vector: Array) -> Array:
    length = np.linalg.norm(vector)
    return vector / length if length > 0 else vector


def interpolated(first: Array, second: Array, t: float) -> Array:
    cosine = np.clip(unit(first) @ unit(second), -1, 1)
    angle = np.arccos(cosine)
    if np.sin(angle) < 1e-7:
        return (1 - t) * first + t * second
    return (np.sin((1 - t) * angle) * first + np.sin(t * angle) * second) / np.sin(angle)


def barycentre(vectors: list[Array], weights: list[float], normalize: bool = True) -> Array:
    """Multi-SLERP, with its tangents and its exponential map written out."""
    w = np.array(weights) / (sum(weights) if normalize else 1)
    units = [unit(v) for v in vectors]
    mean = unit(sum(a * u for a, u in zip(w, units, strict=True)))
    tangents = [u - (u @ mean) * mean for u in units]
    along = sum(a * v for a, v in zip(w, tangents, strict=True))
    length = np.linalg.norm(along)
    lengths = sum(a * np.linalg.norm(v) for a, v in zip(w, vectors, strict=True))
    return (mean * np.cos(length) + along * np.sinc(length / np.pi)) * lengths


def logarithms(point: Array, units: list[Array]) -> Array:
    """The mean of the vectors that lead from a point of the sphere to the others."""
    found = []
    for u in units:
        angle = np.arccos(np.clip(point @ u, -1, 1))
        found.append(angle * unit(u - (point @ u) * point))
    return sum(found) / len(units)


def karcher(vectors: list[Array], steps: int = 10, tol: float = 1e-5) -> Array:
    units = [unit(v) for v in vectors if v.any()]
    mean = unit(sum(units))
    for _ in range(steps):
        step = logarithms(mean, units)
        length = np.linalg.norm(step)
        if length < tol:
            break
        mean = unit(np.cos(length) * mean + np.sin(length) * step / length)
    return mean * np.mean([np.linalg.norm(v) for v in vectors])


def stock(vectors: list[Array]) -> Array:
    """What Model Stock adds to the base."""
    n = len(vectors)
    pairs = [unit(a) @ unit(b) for i, a in enumerate(vectors) for b in vectors[:i]]
    cosine = np.mean(pairs)
    return n * cosine / (1 + (n - 1) * cosine) * sum(vectors) / n


# A base and relatives; merging; functions applied to whole tensors, to rows or to columns.


def family(workshop: Any, count: int, spread: float = 0.7) -> list[dict[str, Any]]:
    base = workshop.llama(0)
    models = [base]
    for seed in range(1, count + 1):
        noise = workshop.llama(seed)
        shared = workshop.llama(99)
        models.append({n: v + np.float32(spread) * (noise[n] + shared[n]) for n, v in base.items()})
    for i, model in enumerate(models):
        workshop.model(f"m{i}", model, dtype="F32")
    return models


def merged(
    workshop: Any, method: str, weights: list[float], base: bool = True, **parameters: Any
) -> Any:
    listed = [{"model": f"./m{i}"} for i in range(1, len(weights) + 1)]
    if method in ("nuslerp", "multislerp"):
        listed = [e | {"parameters": {"weight": w}} for e, w in zip(listed, weights, strict=True)]
    document = {"merge_method": method, "models": listed, "parameters": parameters}
    if base:
        document["base_model"] = "./m0"
    return workshop.merged(document | {"out_dtype": "float32"}, f"{method}-{len(parameters)}")


def flat(function: Callable[..., Array]) -> Callable[..., Array]:
    """Apply a function of vectors to whole tensors."""
    return lambda tensors: function([t.ravel() for t in tensors]).reshape(tensors[0].shape)


def by_row(function: Callable[..., Array]) -> Callable[..., Array]:
    """Apply it to each row; a vector is one row."""
    return lambda tensors: np.array(
        [function(list(rows)) for rows in zip(*map(np.atleast_2d, tensors), strict=True)]
    ).reshape(tensors[0].shape)


def by_column(function: Callable[..., Array]) -> Callable[..., Array]:
    """Apply it to each column; a vector stays whole."""
    rows = by_row(function)
    return lambda tensors: rows(tensors) if tensors[0].ndim < 2 else rows([t.T for t in tensors]).T


def check(
    found: Any, models: list[dict[str, Any]], function: Callable[..., Array], base: bool = True
) -> None:
    """Compare with `function` of the float64 tensors or, with a base, task vectors."""
    assert found.keys() == models[0].keys()
    for name, values in found.items():
        origin = models[0][name].astype(float) if base else np.zeros(values.shape)
        expected = origin + function([m[name] - origin for m in models[1:]])
        np.testing.assert_allclose(values, expected, rtol=3e-6, atol=3e-6, err_msg=name)


@pytest.mark.parametrize("base", [True, False])
@pytest.mark.parametrize(
    "weights", [[0.5, 0.5], [1.0, 3.0], [0.0, 2.0], [1.5, -0.5], [1.0, -1.0], [-1.0, -3.0]]
)
@pytest.mark.parametrize(
    ("options", "along"),
    [
        ({}, flat),
        ({"nuslerp_row_wise": True}, flat),
        ({"nuslerp_flatten": False}, by_row),
        ({"nuslerp_flatten": False, "nuslerp_row_wise": True}, by_column),
    ],
)
def test_nuslerp_follows_the_great_circle(
    workshop: Any, base: bool, weights: list[float], options: dict[str, Any], along: Any
) -> None:
    models = family(workshop, 2)
    found = merged(workshop, "nuslerp", weights, base, **options)
    t = weights[1] / sum(weights) if sum(weights) else 0.5
    check(found, models, along(lambda pair: interpolated(*pair, t)), base)


@pytest.mark.parametrize("factor", [1.0, 2.0, 0.0, -1.0, -2.0])
def test_nuslerp_of_parallel_opposite_and_zero_tensors_is_defined(
    workshop: Any, factor: float
) -> None:
    first = workshop.llama(1)
    workshop.model("m1", first, dtype="F32")
    workshop.model("m2", {n: np.float32(factor) * v for n, v in first.items()}, dtype="F32")
    found = merged(workshop, "nuslerp", [3.0, 1.0], base=False)
    # A straight line, except towards zero, for which a right angle is assumed.
    expected = 0.75 + 0.25 * factor if factor else np.sin(0.75 * np.pi / 2)
    for name, values in found.items():
        np.testing.assert_allclose(values, expected * first[name], rtol=1e-6)


@pytest.mark.parametrize(
    ("weights", "t"), [((0.0, 1e-6), 1.0), ((0.0, 0.9e-6), 0.5), ((-1e-6, 0.0), 0.0)]
)
def test_nuslerp_stays_in_the_middle_where_weights_sum_to_less_than_a_millionth(
    weights: tuple[float, float], t: float
) -> None:
    assert position(*weights) == t


@pytest.mark.parametrize("base", [True, False])
@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize(
    "weights", [[1.0, 1.0], [-1.0, -2.0], [0.2, 0.0, 0.9], [0.2, 0.5, 0.9], [0.9, 0.8, -0.4, 0.3]]
)
def test_multislerp_is_the_barycentre_on_the_sphere(
    workshop: Any, base: bool, normalize: bool, weights: list[float]
) -> None:
    models = family(workshop, len(weights))
    found = merged(workshop, "multislerp", weights, base, normalize_weights=normalize)
    check(found, models, flat(lambda vectors: barycentre(vectors, weights, normalize)), base)


def test_multislerp_of_one_model_is_that_model(workshop: Any) -> None:
    models = family(workshop, 1)
    found = merged(workshop, "multislerp", [0.3], base=False)
    check(found, models, lambda tensors: tensors[0], base=False)


def scaled_copies(workshop: Any, factors: list[float]) -> Any:
    """Write models that are multiples of one another; return the one they are made from."""
    first = workshop.llama(1)
    for i, factor in enumerate(factors, start=1):
        workshop.model(f"m{i}", {n: np.float32(factor) * v for n, v in first.items()}, dtype="F32")
    return first


def test_multislerp_of_two_opposite_models_is_a_straight_line(workshop: Any) -> None:
    first = scaled_copies(workshop, [1, -2])
    found = merged(workshop, "multislerp", [1.0, 1.0], base=False)
    for name, values in found.items():
        np.testing.assert_allclose(values, -0.5 * first[name], rtol=1e-6)


def test_multislerp_of_directions_that_cancel_out_is_an_error(workshop: Any) -> None:
    scaled_copies(workshop, [1, 1, -2])
    with pytest.raises(PlanError, match="directions of the models cancel out"):
        merged(workshop, "multislerp", [1.0, 1.0, 2.0], base=False)


def test_multislerp_takes_a_larger_bound_for_what_cancels_out(workshop: Any) -> None:
    first = scaled_copies(workshop, [1, -1])
    found = merged(workshop, "multislerp", [0.6, 0.4], base=False, eps=0.5)
    for name, values in found.items():  # ‖Σ wu‖ is 0.2: a straight line, not a direction
        np.testing.assert_allclose(values, 0.2 * first[name], rtol=1e-6)


def test_multislerp_counts_directions_as_cancelling_out_up_to_the_bound() -> None:
    opposite, weights = np.array([[1.0, -1.0], [-1.0, 1.0]]), np.array([0.75, 0.25])
    assert (coefficients(opposite, weights, 0.5) == weights).all()  # ‖Σ wu‖ is 0.5
    assert (coefficients(opposite, weights, 0.49) == [1.5, 0.5]).all()
    assert coefficients(np.ones((1, 1)), np.array([1e-9]), 1e-8) is None


@pytest.mark.parametrize("first", np.linspace(0, 3, 12))
def test_multislerp_has_no_mean_of_three_directions_that_cancel_out(first: float) -> None:
    angles = first + np.array([0, 2, 4]) * np.pi / 3
    cosines = np.cos(angles[:, None] - angles)
    assert coefficients(cosines, np.full(3, 1 / 3), 1e-7) is None


@pytest.mark.parametrize("factor", [7, -7])
def test_a_cosine_that_rounding_takes_beyond_1_is_1(factor: float) -> None:
    square = 0.3
    assert abs(factor * square) / np.sqrt(square * (factor**2 * square)) > 1
    found = cosines(np.array([[square, factor * square], [factor * square, factor**2 * square]]))
    assert found.tolist() == [[1, np.sign(factor)], [np.sign(factor), 1]]


def test_multislerp_takes_directions_of_short_tensors_too() -> None:
    found = coefficients(np.eye(2) / 16, np.array([0.5, 0.5]), 1e-7)
    np.testing.assert_allclose(found, np.sqrt([0.5, 0.5]), rtol=1e-12)


def test_multislerp_takes_no_direction_from_rounding_errors(workshop: Any) -> None:
    first = scaled_copies(workshop, [1, -1])
    found = merged(workshop, "multislerp", [1.0, 1.0 - 1e-7], base=False, eps=0.0)
    for name, values in found.items():  # ‖Σ wu‖ is 5e-8: a straight line all the same
        np.testing.assert_allclose(values, 5e-8 * first[name], atol=1e-7)


@pytest.mark.parametrize("method", ["multislerp", "linear"])
def test_weights_are_normalised_unless_they_sum_to_less_than_1e_8(method: str) -> None:
    settings = {"normalize_weights": True, "normalize": True}
    weights = (-2.0, 1e-8, 0.9e-8)
    problems = [discover()[method].problem(settings, [{"weight": w}]) for w in weights]
    assert problems[:2] == [None, None]
    assert "sum to 9e-09, which is below 1e-08, too close to 0" in (problems[2] or "")


@pytest.mark.parametrize("weights", [[0.0, 0.0], [1.0, -1.0]])
def test_multislerp_refuses_weights_that_sum_to_nothing(
    workshop: Any, weights: list[float]
) -> None:
    family(workshop, 2)
    with pytest.raises(RecipeError, match=r"weights (sum to|are) 0"):
        merged(workshop, "multislerp", weights)


@pytest.mark.parametrize("method", ["multislerp", "karcher"])
def test_a_zero_tensor_has_a_length_but_no_direction(workshop: Any, method: str) -> None:
    first = scaled_copies(workshop, [1, 0, 1])
    found = merged(workshop, method, [1.0, 1.0, 1.0], base=False)
    for name, values in found.items():
        np.testing.assert_allclose(values, 2 / 3 * first[name], rtol=1e-6)


def test_a_zero_tensor_leaves_the_direction_to_the_others(workshop: Any) -> None:
    models = [{n: 0 * v for n, v in workshop.llama(0).items()}] * 2
    models += [{n: np.float32(i) * v for n, v in workshop.llama(i).items()} for i in (1, 2)]
    for i, model in enumerate(models):
        workshop.model(f"m{i}", model, dtype="F32")
    for method, reading in [("karcher", karcher), ("multislerp", lambda v: barycentre(v, [1] * 3))]:
        check(merged(workshop, method, [1.0] * 3, base=False), models, flat(reading), base=False)


@pytest.mark.parametrize("method", ["multislerp", "karcher"])
def test_a_tensor_that_is_not_finite_is_averaged_linearly(workshop: Any, method: str) -> None:
    models = [workshop.llama(seed) for seed in (0, 1, 2)]
    models[1]["model.norm.weight"][0] = np.inf
    for i, model in enumerate(models):
        workshop.model(f"m{i}", model, dtype="F32")
    found = merged(workshop, method, [1.0, 1.0], base=False)["model.norm.weight"]
    mean = (models[1]["model.norm.weight"] + models[2]["model.norm.weight"]) / 2
    assert found[0] == np.inf
    np.testing.assert_allclose(found[1:], mean[1:], rtol=1e-6)


@pytest.mark.parametrize("method", ["multislerp", "karcher"])
def test_zero_tensors_give_zero(workshop: Any, method: str) -> None:
    scaled_copies(workshop, [0, 0, 0])
    found = merged(workshop, method, [1.0, 1.0, 1.0], base=False)
    assert not any(values.any() for values in found.values())


@pytest.mark.parametrize("options", [{}, {"max_iter": 0}, {"max_iter": 1}, {"tol": 0.1}])
@pytest.mark.parametrize("count", [2, 3, 5])
def test_karcher_iterates_to_the_mean_of_directions(
    workshop: Any, count: int, options: dict[str, Any]
) -> None:
    models = family(workshop, count, spread=2.0)
    found = merged(workshop, "karcher", [1.0] * count, base=False, **options)
    reading = {"steps": options.get("max_iter", 10), "tol": options.get("tol", 1e-5)}
    check(found, models, flat(lambda vectors: karcher(vectors, **reading)), base=False)


def test_karcher_converges_as_far_as_float32_can_tell(workshop: Any) -> None:
    models = family(workshop, 4, spread=2.0)
    found = merged(workshop, "karcher", [1.0] * 4, base=False, max_iter=1000, tol=1e-10)
    for name, values in found.items():
        units = [unit(m[name].astype(float).ravel()) for m in models[1:]]
        assert np.linalg.norm(logarithms(unit(values.astype(float).ravel()), units)) < 1e-6


def test_karcher_of_opposite_models_is_the_first_at_the_mean_length(workshop: Any) -> None:
    first = scaled_copies(workshop, [1, -3])
    found = merged(workshop, "karcher", [1.0, 1.0], base=False)
    for name, values in found.items():
        np.testing.assert_allclose(values, 2 * first[name], rtol=1e-6)


def test_karcher_draws_towards_models_at_an_obtuse_angle_too() -> None:
    angles = np.array([0.0, 0.1, 0.3, 2.2])  # on a circle: the mean angle is the mean of angles
    found = direction(np.cos(angles[:, None] - angles), 100, 1e-12)
    x, y = found @ np.cos(angles), found @ np.sin(angles)
    assert np.arctan2(y, x) == pytest.approx(angles.mean(), abs=1e-9)
    assert np.hypot(x, y) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("signs", [[1] * n + [-1] * m for n in range(1, 25) for m in (0, 1)])
def test_karcher_of_parallel_and_antiparallel_directions_stays_on_their_line(
    signs: list[int],
) -> None:
    found = direction(np.outer(signs, signs).astype(float), 10, 0.0)
    assert found @ signs == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("first", np.linspace(0, 3, 12))
def test_karcher_begins_at_the_first_direction_where_all_cancel_out(first: float) -> None:
    angles = first + np.array([0, 2, 4]) * np.pi / 3
    assert direction(np.cos(angles[:, None] - angles), 0, 0.0).tolist() == [1, 0, 0]


@pytest.mark.parametrize(("length", "cancel"), [(0.8e-7, True), (1.2e-7, False)])
def test_karcher_tells_what_cancels_out_by_the_mean_of_directions(
    length: float, cancel: bool
) -> None:
    cosine = 2 * length**2 - 1  # ‖u₁ + u₂‖ / 2 is `length`
    found = direction(np.array([[1, cosine], [cosine, 1]]), 0, 0.0)
    assert (found[1] == 0) == cancel


def test_karcher_counts_directions_as_cancelling_out_up_to_the_bound() -> None:
    products = np.array([[2e-14, 0], [0, 2e-14]])
    assert np.sqrt(products.sum()) / 2 == 1e-7
    assert direction(products, 0, 0.0)[1] == 0


@pytest.mark.parametrize(
    ("angles", "mean"),
    [
        ([-1, 9e-8, 1], 3e-8),
        ([-0.3, 0.3, -0.3, 0.3, np.pi + 6e-8], 0),  # an opposite vector has no effect
    ],
)
def test_karcher_draws_towards_what_is_near_and_not_to_what_is_opposite(
    angles: list[float], mean: float
) -> None:
    found = direction(np.cos(np.subtract.outer(angles, angles)), 100, 1e-12)
    assert np.arctan2(found @ np.sin(angles), found @ np.cos(angles)) == pytest.approx(
        mean, abs=1e-9
    )


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize(("options", "along"), [({}, flat), ({"filter_wise": True}, by_row)])
def test_model_stock_moves_the_base_by_the_ratio(
    workshop: Any, count: int, options: dict[str, Any], along: Any
) -> None:
    models = family(workshop, count)
    found = merged(workshop, "model_stock", [1.0] * count, **options)
    check(found, models, along(stock))


@pytest.mark.parametrize("filter_wise", [True, False])
def test_model_stock_of_opposite_models_stays_at_the_base(workshop: Any, filter_wise: bool) -> None:
    base, change = (
        {n: np.round(16 * v) / 16 for n, v in workshop.llama(seed).items()} for seed in (0, 1)
    )
    workshop.model("m0", base, dtype="F32")
    workshop.model("m1", {n: v + change[n] for n, v in base.items()}, dtype="F32")
    workshop.model("m2", {n: v - change[n] for n, v in base.items()}, dtype="F32")
    found = merged(workshop, "model_stock", [1.0, 1.0], filter_wise=filter_wise)
    for name, values in found.items():
        assert (values == base[name]).all()


def test_model_stock_of_one_tuned_and_one_unchanged_model_stays_at_the_base(workshop: Any) -> None:
    base = workshop.llama(0)
    for i, seed in enumerate([0, 0, 1]):
        workshop.model(f"m{i}", workshop.llama(seed), dtype="F32")
    found = merged(workshop, "model_stock", [1.0, 1.0])
    for name, values in found.items():
        assert (values == base[name]).all()


ALL = [("nuslerp", 2), ("multislerp", 3), ("karcher", 3), ("model_stock", 3)]


@pytest.mark.parametrize(("method", "count"), ALL)
@pytest.mark.parametrize("base", [True, False])
def test_equal_models_merge_to_themselves(
    workshop: Any, method: str, count: int, base: bool
) -> None:
    if method in ("karcher", "model_stock"):  # one takes the base as a model, one needs it
        base = method == "model_stock"
    tuned = workshop.llama(1)
    workshop.model("m0", workshop.llama(0), dtype="F32")
    for i in range(1, count + 1):
        workshop.model(f"m{i}", tuned, dtype="F32")
    found = merged(workshop, method, [1.0] * count, base)
    for name, values in found.items():
        np.testing.assert_allclose(values, tuned[name], rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize(("method", "count"), ALL)
def test_the_order_of_the_models_does_not_matter(workshop: Any, method: str, count: int) -> None:
    family(workshop, count)
    listed = [{"model": f"./m{i}"} for i in range(1, count + 1)]
    document = {"merge_method": method, "out_dtype": "float32"}
    if method != "karcher":
        document["base_model"] = "./m0"
    first = workshop.merged({**document, "models": listed}, "first")
    second = workshop.merged({**document, "models": listed[::-1]}, "second")
    for name in first:
        np.testing.assert_allclose(first[name], second[name], rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize(("method", "count"), ALL)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_stays_where_it_is(
    workshop: Any, method: str, count: int, bad: float
) -> None:
    family(workshop, count)
    other = workshop.llama(1)
    other["model.norm.weight"][0] = bad
    workshop.model("bad", other, dtype="F32")
    listed = [{"model": "./bad"}, *({"model": f"./m{i}"} for i in range(2, count + 1))]
    document = {"merge_method": method, "models": listed, "base_model": "./m0"}
    found = workshop.merged(document)["model.norm.weight"]
    assert not np.isfinite(found[0])
    assert np.isfinite(found[1:]).all()
