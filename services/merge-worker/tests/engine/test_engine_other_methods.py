"""Methods that select elements by importance, distance or change, compared with float64."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from merge_worker.engine.methods import arcee_fusion
from merge_worker.engine.methods import sce as sce_method

Array = NDArray[np.float64]


# The formulas, as in the papers; nothing here calls the engine.


def nearswap(base: Array, other: Array, t: float) -> Array:
    w = np.clip(t / np.maximum(np.abs(base - other), 1e-6), 0, 1)
    return w * other + (1 - w) * base


def soft(rows: Array) -> Array:
    powers = np.exp(rows - rows.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True) + 1e-8


def fusion(base: Array, other: Array) -> Array:
    p, q = soft(other), soft(base)
    importance = np.abs(other - base) * (p * np.log(p / q)).sum(axis=-1, keepdims=True)
    first, median, third = np.quantile(importance, [0.25, 0.5, 0.75], method="lower")
    return np.where(importance >= median + 1.5 * (third - first), other, base)


def sce(taus: list[Array], fraction: float = 1.0) -> Array:
    stacked = np.array(taus)
    if fraction < 1:
        variance = stacked.var(axis=0).ravel()
        count = np.count_nonzero(variance)
        kept = np.argsort(-variance, kind="stable")[: max(1, int(fraction * count)) if count else 0]
        mask = np.zeros(variance.size)
        mask[kept] = 1
        stacked = stacked * mask.reshape(taus[0].shape)
    squares = np.array([(t**2).mean() for t in stacked])
    weights = squares / squares.sum() if squares.any() else np.full(len(taus), 1 / len(taus))
    column = weights.reshape(-1, *[1] * taus[0].ndim)
    agrees = np.sign(stacked) == np.where(stacked.sum(axis=0) >= 0, 1, -1)
    mass = np.maximum((column * agrees).sum(axis=0), 1e-6)
    return (column * stacked * agrees).sum(axis=0) / mass


def ram(taus: list[Array], epsilon: float = 1e-5, r: float = 0.0, alpha: float = 0.2) -> Array:
    stacked = np.array(taus)
    changed = np.abs(stacked) > epsilon
    count = changed.sum(axis=0)
    result = np.where(changed, stacked, 0).sum(axis=0) / np.maximum(count, 1)
    for tau, own in zip(stacked, changed, strict=True):
        unique, shared = own & (count == 1), own & (count > 1)
        ratio = shared.sum() / unique.sum() if unique.any() else 0
        result += np.where(unique, r * min(ratio, alpha) * tau, 0)
    return result


# A base and relatives in float32 that do not change most of it.


def family(workshop: Any, count: int, changed: float = 0.6) -> list[dict[str, Any]]:
    models = [workshop.llama(0)]
    for seed in range(1, count + 1):
        rng = np.random.default_rng(seed)
        models.append({n: v + noise(rng, v.shape, changed) for n, v in models[0].items()})
    for i, model in enumerate(models):
        workshop.model(f"m{i}", model, dtype="F32")
    return models


def noise(rng: np.random.Generator, shape: tuple[int, ...], changed: float) -> Any:
    values = 0.2 * rng.standard_t(2, shape) * (rng.random(shape) < changed)
    return values.astype(np.float32)


def merged(workshop: Any, method: str, count: int, out: str = "out", **parameters: Any) -> Any:
    listed = [{"model": f"./m{i}"} for i in range(1, count + 1)]
    document = {"merge_method": method, "base_model": "./m0", "models": listed}
    document |= {"parameters": parameters, "out_dtype": "float32"}
    return workshop.merged(document, out)


def check(found: Any, models: list[dict[str, Any]], reading: Callable[..., Array]) -> None:
    """`reading` takes all tensors in float64, the base first."""
    assert found.keys() == models[0].keys()
    for name, values in found.items():
        expected = reading(*(m[name].astype(float) for m in models))
        np.testing.assert_allclose(values, expected, rtol=3e-6, atol=3e-6, err_msg=name)


def onto_base(mix: Callable[..., Array], **options: Any) -> Callable[..., Array]:
    return lambda base, *others: base + mix([other - base for other in others], **options)


@pytest.mark.parametrize("t", [0.0, 1e-6, 0.05, 0.3, 100.0])
def test_nearswap_takes_what_is_near(workshop: Any, t: float) -> None:
    models = family(workshop, 1)
    found = merged(workshop, "nearswap", 1, t=t)
    check(found, models, lambda base, other: nearswap(base, other, t))


@pytest.mark.parametrize(("t", "model"), [(0.0, 0), (1e6, 1)])
def test_the_ends_of_nearswap_are_the_models(workshop: Any, t: float, model: int) -> None:
    models = family(workshop, 1)
    found = merged(workshop, "nearswap", 1, t=t)
    assert all((found[name] == models[model][name]).all() for name in found)


def test_arcee_fusion_takes_what_matters(workshop: Any) -> None:
    models = family(workshop, 1, changed=1.0)
    found = merged(workshop, "arcee_fusion", 1)
    check(found, models, fusion)
    taken = sum(np.count_nonzero(found[n] != models[0][n]) for n in found)
    assert 0.02 < taken / sum(v.size for v in found.values()) < 0.3


def test_arcee_fusion_of_equal_models_is_the_model(workshop: Any) -> None:
    base = workshop.llama(0)
    for i in range(2):
        workshop.model(f"m{i}", base, dtype="F32")
    found = merged(workshop, "arcee_fusion", 1)
    assert all((found[name] == base[name]).all() for name in found)


def test_arcee_fusion_takes_all_changes_of_the_same_importance(workshop: Any) -> None:
    base = {n: np.round(16 * v) / 16 for n, v in workshop.llama(0).items()}
    signs = {n: np.sign(v) for n, v in workshop.llama(1).items()}
    workshop.model("m0", base, dtype="F32")
    workshop.model("m1", {n: v + signs[n] / 2 for n, v in base.items()}, dtype="F32")
    found = merged(workshop, "arcee_fusion", 1)["model.norm.weight"]  # one row, one divergence
    assert (found == base["model.norm.weight"] + signs["model.norm.weight"] / 2).all()


def test_arcee_fusion_rounds_its_threshold_at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    f = np.float32
    first, median, third = f(0.3218694), f(0.3577952), f(0.5715298)
    found = SimpleNamespace(threshold=np.array([[first, median, third]]))
    monkeypatch.setattr(arcee_fusion, "derived", lambda *_: None)
    monkeypatch.setattr(arcee_fusion, "largest", lambda *_: found)
    fence = median + f(f(1.5) * f(third - first))
    assert fence != f(
        float(median) + 1.5 * float(third - first)
    )  # the result with a single rounding
    assert arcee_fusion.threshold(SimpleNamespace(size=9), None) == fence  # type: ignore[arg-type]


def test_arcee_fusion_lets_the_undefined_through_and_no_further(workshop: Any) -> None:
    base, other = workshop.llama(0), workshop.llama(1)
    other["lm_head.weight"][0, :2] = np.nan, np.inf
    workshop.model("m0", base, dtype="F32")
    workshop.model("m1", other, dtype="F32")
    found = merged(workshop, "arcee_fusion", 1)["lm_head.weight"]
    assert not np.isfinite(found[0, :2]).any()
    assert np.isfinite(found.ravel()[2:]).all()


@pytest.mark.parametrize("count", [1, 2, 3, 5])
@pytest.mark.parametrize("fraction", [1.0, 0.5, 0.1, 0.001, 0.0])
def test_sce_selects_calculates_and_erases(workshop: Any, count: int, fraction: float) -> None:
    models = family(workshop, count)
    found = merged(workshop, "sce", count, select_topk=fraction)
    check(found, models, onto_base(sce, fraction=fraction))


def test_sce_selects_the_first_of_equal_variances(workshop: Any) -> None:
    zeros = {name: 0 * values for name, values in workshop.llama(0).items()}
    ones = {name: 0 * values + 1 for name, values in zeros.items()}
    for i, model in enumerate([zeros, ones, zeros]):
        workshop.model(f"m{i}", model)
    found = merged(workshop, "sce", 2, select_topk=0.3)
    for values in found.values():
        assert (values.ravel() == (np.arange(values.size) < int(0.3 * values.size))).all()


def test_sce_selects_larger_variances_wherever_they_are_before_equal_ones(workshop: Any) -> None:
    zeros = {name: 0 * values for name, values in workshop.llama(0).items()}
    steps = {n: (1 + np.arange(v.size) % 3 // 2).reshape(v.shape) for n, v in zeros.items()}
    models = [zeros, steps, zeros]
    for i, model in enumerate(models):
        workshop.model(f"m{i}", model)
    found = merged(workshop, "sce", 2, select_topk=0.5)  # every 2, and of the ones the first
    check(found, models, onto_base(sce, fraction=0.5))


@pytest.mark.parametrize("fraction", [1.0, 0.5])
def test_sce_of_unchanged_models_is_the_base(workshop: Any, fraction: float) -> None:
    base = workshop.llama(0)
    for i in range(3):
        workshop.model(f"m{i}", base, dtype="F32")
    found = merged(workshop, "sce", 2, select_topk=fraction)
    assert all((found[name] == base[name]).all() for name in found)


def test_sce_weighs_all_the_same_where_a_change_is_infinite(workshop: Any) -> None:
    models = family(workshop, 2)
    models[2]["model.norm.weight"][0] = np.inf
    workshop.model("infinite", models[2], dtype="F32")
    listed = [{"model": "./m1"}, {"model": "./infinite"}]
    document = {"merge_method": "sce", "base_model": "./m0", "models": listed}
    found = workshop.merged(document | {"out_dtype": "float32"})["model.norm.weight"]
    base, *others = (m["model.norm.weight"].astype(float) for m in models)
    taus = np.array([other - base for other in others])[:, 1:]
    agrees = np.sign(taus) == np.where(taus.sum(axis=0) >= 0, 1, -1)
    mean = (taus * agrees).sum(axis=0) / np.maximum(agrees.sum(axis=0), 1)
    assert found[0] == np.inf
    np.testing.assert_allclose(found[1:], base[1:] + mean, rtol=3e-6)


def test_sce_weighs_three_the_same_to_the_last_bit(workshop: Any) -> None:
    changes = np.array(
        [[0.1, 0.4, 0.7], [0.1, 0.6, 1.1]], np.float32
    )  # weights of 3 would round differently
    workshop.model("m0", {"model.norm.weight": np.zeros(3)}, dtype="F32")
    for i in range(3):
        infinite = np.inf if i == 0 else 0
        values = np.array([*changes[:, i], infinite])
        workshop.model(f"m{i + 1}", {"model.norm.weight": values}, dtype="F32")
    found = merged(workshop, "sce", 3)["model.norm.weight"]
    assert found[:2].tolist() == changes.mean(axis=1, dtype=float).astype(np.float32).tolist()


def test_sce_selects_the_undefined_before_what_is_beyond_float32(workshop: Any) -> None:
    base, other = np.zeros(8), np.zeros(8)
    other[[1, 5]] = 1e20, np.nan  # the square of 1e20 is infinite
    for i, values in enumerate([base, other, base]):
        workshop.model(f"m{i}", {"model.norm.weight": values}, dtype="F32")
    found = merged(workshop, "sce", 2, select_topk=0.1)["model.norm.weight"]
    assert np.isnan(found[5])
    assert not np.delete(found, 5).any()


def test_sce_weighs_by_the_square_however_small_the_changes(workshop: Any) -> None:
    zeros = {name: 0 * values for name, values in workshop.llama(0).items()}
    for i, size in enumerate([0.0, 1e-4, 2e-4]):
        model = {n: v + np.float32(size) for n, v in zeros.items()}
        workshop.model(f"m{i}", model, dtype="F32")
    found = merged(workshop, "sce", 2)
    for values in found.values():
        np.testing.assert_allclose(values, (1e-4 * 1 + 2e-4 * 4) / 5, rtol=1e-6)


def test_sce_weighs_by_means_that_sum_to_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sce_method, "gram", lambda merge: np.diag([2.0, 6.0]))
    merge: Any = SimpleNamespace(size=4)
    means = sce_method.mean_squares(merge, merge, sce_method.ALL)
    assert means.tolist() == [0.5, 1.5]
    assert sce_method.shares(means).tolist() == [0.25, 0.75]
    assert sce_method.shares(0 * means).tolist() == [0.5, 0.5]


def test_sce_compares_variances_with_float32() -> None:
    for least, last in (sce_method.ALL, sce_method.NONE):
        assert (least.dtype, last.dtype) == (np.float32, np.uint64)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("epsilon", [1e-5, 0.1, 0.0])
def test_ram_averages_only_what_several_changed(workshop: Any, count: int, epsilon: float) -> None:
    models = family(workshop, count)
    found = merged(workshop, "ram", count, epsilon=epsilon)
    check(found, models, onto_base(ram, epsilon=epsilon))


@pytest.mark.parametrize("method", ["ram", "ramplus_tl"])
@pytest.mark.parametrize(("epsilon", "changed"), [(0.125, False), (0.124, True)])
def test_a_change_of_exactly_epsilon_counts_as_none(
    workshop: Any, method: str, epsilon: float, changed: bool
) -> None:
    base = {n: np.round(16 * v) / 16 for n, v in workshop.llama(0).items()}
    other = {n: v - 0.125 for n, v in base.items()}
    workshop.model("m0", base, dtype="F32")
    workshop.model("m1", other, dtype="F32")
    found = merged(workshop, method, 1, epsilon=epsilon)
    assert all((found[name] == (other if changed else base)[name]).all() for name in found)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize(
    "options", [{}, {"r": 0.5}, {"alpha": 100.0}, {"r": -1.0, "alpha": 0.3, "epsilon": 0.1}]
)
def test_ramplus_amplifies_what_one_model_changed(
    workshop: Any, count: int, options: dict[str, float]
) -> None:
    models = family(workshop, count, changed=0.5)
    found = merged(workshop, "ramplus_tl", count, **options)
    check(found, models, onto_base(ram, **{"r": 0.1, **options}))


def test_ramplus_of_changes_that_are_all_shared_is_ram(workshop: Any) -> None:
    family(workshop, 2, changed=1.0)
    plus, plain = (merged(workshop, m, 2, m) for m in ("ramplus_tl", "ram"))
    assert all((plus[name] == plain[name]).all() for name in plain)


@pytest.mark.parametrize("method", ["sce", "ram", "ramplus_tl"])
def test_equal_models_merge_to_themselves(workshop: Any, method: str) -> None:
    tuned = workshop.llama(1)
    workshop.model("m0", workshop.llama(0), dtype="F32")
    for i in (1, 2, 3):
        workshop.model(f"m{i}", tuned, dtype="F32")
    found = merged(workshop, method, 3)
    for name, values in found.items():
        np.testing.assert_allclose(values, tuned[name], rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("method", ["sce", "ram", "ramplus_tl"])
def test_the_order_of_the_models_does_not_matter(workshop: Any, method: str) -> None:
    family(workshop, 3)
    first = merged(workshop, method, 3, "first")
    listed = [{"model": f"./m{i}"} for i in (2, 3, 1)]
    document = {"merge_method": method, "base_model": "./m0", "models": listed}
    second = workshop.merged({**document, "out_dtype": "float32"}, "second")
    for name in first:
        np.testing.assert_allclose(first[name], second[name], rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("method", ["nearswap", "sce", "ram", "ramplus_tl"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_stays_where_it_is(workshop: Any, method: str, bad: float) -> None:
    workshop.model("m0", workshop.llama(0), dtype="F32")
    other = workshop.llama(1)
    other["model.norm.weight"][0] = bad
    workshop.model("m1", other, dtype="F32")
    found = merged(workshop, method, 1, **({"t": 0.1} if method == "nearswap" else {}))
    assert not np.isfinite(found["model.norm.weight"][0])
    assert np.isfinite(found["model.norm.weight"][1:]).all()


BLOCKWISE = [
    ("dare_linear", 2, {"density": 0.5, "rescale_norm": "l2"}),
    ("breadcrumbs_ties", 2, {"density": 0.5, "gamma": 0.1}),
    ("della", 2, {"density": 0.5}),
    ("nuslerp", 2, {"nuslerp_flatten": False}),
    ("nuslerp", 2, {"nuslerp_flatten": False, "nuslerp_row_wise": True}),
    ("multislerp", 3, {}),
    ("karcher", 3, {}),
    ("model_stock", 2, {"filter_wise": True}),
    ("arcee_fusion", 1, {}),
    ("sce", 2, {"select_topk": 0.4}),
    ("ramplus_tl", 2, {}),
]


@pytest.mark.parametrize(("method", "count", "options"), BLOCKWISE)
def test_neither_blocks_nor_threads_show_in_the_bytes(
    workshop: Any, method: str, count: int, options: dict[str, Any]
) -> None:
    base = {"lm_head.weight": np.random.default_rng(0).standard_normal((300, 700))}
    workshop.model("m0", base)
    for i in range(1, count + 1):
        rng = np.random.default_rng(i)
        workshop.model(f"m{i}", {n: v + noise(rng, v.shape, 0.7) for n, v in base.items()})
    listed = [{"model": f"./m{i}"} for i in range(1, count + 1)]
    document = {"merge_method": method, "models": listed, "parameters": options}
    document["base_model"] = "./m0"
    one = workshop.merge(document, "one", threads=1, block=1 << 20)
    many = workshop.merge(document, "many", threads=3, block=1)
    assert one.output_digest == many.output_digest
