"""Methods that drop elements of the task vectors, compared with float64 formulas."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from merge_worker.engine import PlanError
from merge_worker.engine.arithmetic.task_vectors import agreeing, onto_base
from merge_worker.engine.methods import dare_ties, della
from mergehub.recipe import RecipeError

Array = NDArray[np.float64]
SEED = 11
WEIGHTS = [
    0.5,
    0.75,
    -0.625,
]  # products with bfloat16 are exact, so opposite votes cancel out exactly


# The formulas, as in the papers; nothing here calls the engine.


def philox(counter: int, key: int) -> list[int]:
    """Philox4x32-10 in Python's integers."""
    c = [counter & 0xFFFFFFFF, counter >> 32, 0, 0]
    k = [key & 0xFFFFFFFF, key >> 32]
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & 0xFFFFFFFF, (a >> 32) ^ c[3] ^ k[1], a & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def draws(model: str, tensor: str, shape: tuple[int, ...]) -> Array:
    digest = hashlib.sha256(f"{SEED}\0{model}\0{tensor}".encode()).digest()
    key = int.from_bytes(digest[:8], "little")
    words = [philox(i // 4, key)[i % 4] for i in range(int(np.prod(shape)))]
    return (np.array(words) // 2**8 / 2**24).reshape(shape)


def descending(tau: Array) -> NDArray[np.int64]:
    """Flat indices by descending magnitude; the sort is stable, so equals keep their order."""
    return np.argsort(-np.abs(tau).ravel(), kind="stable")


def crumbs(tau: Array, density: float, gamma: float) -> Array:
    kept = max(1, int(density * tau.size))
    dropped = min(int(gamma * tau.size), tau.size - kept)
    mask = np.zeros(tau.size)
    mask[descending(tau)[dropped : dropped + kept]] = 1
    return tau * mask.reshape(tau.shape)


def probabilities(tau: Array, density: float, epsilon: float) -> Array:
    rows = np.atleast_2d(tau)
    last = rows.shape[1] - 1
    ranks = np.empty(rows.shape)
    for row, out in zip(rows, ranks, strict=True):
        out[descending(row)] = np.arange(last, -1, -1)
    return (density - epsilon + 2 * epsilon * ranks / last).reshape(tau.shape)


def mixed(taus: list[Array], weights: list[float], normalize: bool, vote: str | None) -> Array:
    """The plain mix, or the mix with the consensus that `vote` names."""
    weighted = np.array([w * t for w, t in zip(weights, taus, strict=True)])
    column = np.array(weights).reshape(-1, *[1] * taus[0].ndim) + 0 * weighted
    if vote:
        votes = np.sign(weighted) if vote == "count" else weighted
        agrees = np.sign(weighted) == np.where(votes.sum(axis=0) >= 0, 1, -1)
        weighted, column = weighted * agrees, column * agrees
    mass = column.sum(axis=0)
    divisor = np.where(np.abs(mass) < 1e-8, 1, mass) if normalize else 1
    return weighted.sum(axis=0) / divisor


def norm(tau: Array, kind: str) -> float:
    return float(np.linalg.norm(tau.ravel(), {"l1": 1, "l2": 2, "linf": np.inf}[kind]))


# A base and three relatives in bfloat16: many unchanged elements, equal magnitudes, heavy tails.


def family(workshop: Any, count: int = 3) -> list[dict[str, Any]]:
    base = {name: workshop.rounded(v) for name, v in workshop.llama(0).items()}
    models = [base]
    for seed in range(1, count + 1):
        rng = np.random.default_rng(seed)
        noise = {
            n: 0.1 * rng.standard_t(2, v.shape) * (rng.random(v.shape) < 0.8)
            for n, v in base.items()
        }
        models.append({n: workshop.rounded(v + noise[n]) for n, v in base.items()})
    for i, model in enumerate(models):
        workshop.model(f"m{i}", model)
    return models


def merged(workshop: Any, method: str, each: list[dict[str, Any]], **parameters: Any) -> Any:
    listed = [{"model": f"./m{i}", "parameters": p} for i, p in enumerate(each, start=1)]
    document = {"merge_method": method, "base_model": "./m0", "models": listed}
    document |= {"parameters": parameters, "out_dtype": "float32"}
    return workshop.merged(document, method, seed=SEED)


def check(found: dict[str, Any], models: list[dict[str, Any]], mix: Callable[..., Array]) -> None:
    """Compare with `mix` of a tensor's name and float64 task vectors, to float32 accuracy."""
    assert found.keys() == models[0].keys()
    for name, values in found.items():
        taus = [(m[name] - models[0][name]).astype(np.float64) for m in models[1:]]
        expected = models[0][name] + mix(name, taus)
        np.testing.assert_allclose(values, expected, rtol=3e-6, atol=3e-6, err_msg=name)


SHARED = [
    {},
    {"normalize": True},
    {"normalize": False, "lambda": 0.7},
    {"rescale": True},
    {"rescale": False},
    {"rescale": True, "rescale_norm": "l1"},
    {"rescale": True, "rescale_norm": "l2"},
    {"rescale": True, "rescale_norm": "linf"},
]
COUNTED = [{"consensus": "count"}, {"consensus": "count", "normalize": True}]


@pytest.mark.parametrize("options", SHARED)
def test_linear_dare_drops_by_the_documented_generator(
    workshop: Any, options: dict[str, Any]
) -> None:
    models, densities = family(workshop), [0.5, 0.25, 0.9]
    each = [{"weight": w, "density": d} for w, d in zip(WEIGHTS, densities, strict=True)]
    found = merged(workshop, "dare_linear", each, **options)

    def mix(name: str, taus: list[Array]) -> Array:
        kept = []
        for i, (tau, density) in enumerate(zip(taus, densities, strict=True), start=1):
            mask = draws(f"./m{i}", name, tau.shape) < density
            kept.append(rescaled(tau, tau * mask, tau * mask / density, True, options))
        return options.get("lambda", 1) * mixed(
            kept, WEIGHTS, options.get("normalize", False), None
        )

    check(found, models, mix)


def rescaled(
    tau: Array, kept: Array, by_density: Array, default: bool, options: dict[str, Any]
) -> Array:
    """The kept elements, rescaled as the options say."""
    if not options.get("rescale", default):
        return kept
    kind = options.get("rescale_norm", "density")
    if kind == "density":
        return by_density
    return kept * (norm(tau, kind) / norm(kept, kind) if kept.any() else 1)


@pytest.mark.parametrize(
    ("method", "options"),
    [(m, o) for m in ("breadcrumbs", "breadcrumbs_ties") for o in SHARED]
    + [("breadcrumbs_ties", o) for o in COUNTED],
)
def test_breadcrumbs_drop_the_largest_and_the_smallest(
    workshop: Any, method: str, options: dict[str, Any]
) -> None:
    models, pairs = family(workshop), [(0.5, 0.1), (0.3, 0.01), (0.9, 0.4)]
    each = [
        {"weight": w, "density": d, "gamma": g} for w, (d, g) in zip(WEIGHTS, pairs, strict=True)
    ]
    found = merged(workshop, method, each, **options)
    vote = options.get("consensus", "sum") if method == "breadcrumbs_ties" else None

    def mix(name: str, taus: list[Array]) -> Array:
        kept = []
        for tau, (density, gamma) in zip(taus, pairs, strict=True):
            crumb = crumbs(tau, density, gamma)
            kept.append(rescaled(tau, crumb, crumb / density, False, options))
        return options.get("lambda", 1) * mixed(
            kept, WEIGHTS, options.get("normalize", False), vote
        )

    check(found, models, mix)


@pytest.mark.parametrize(
    ("density", "gamma"),
    [(0.5, 0.0), (0.5, 0.5), (0.5, 0.9), (0.001, 0.0), (0.001, 0.999), (0.0, 0.2), (1.0, 0.3)],
)
def test_breadcrumbs_keep_exactly_as_many_as_the_density_says(
    workshop: Any, density: float, gamma: float
) -> None:
    base = {name: 0 * values for name, values in workshop.llama(0).items()}
    signs = {name: np.sign(values) for name, values in workshop.llama(1).items()}
    workshop.model("m0", base)
    workshop.model("m1", signs)  # all magnitudes are equal: the first ones count as the largest
    found = merged(workshop, "breadcrumbs", [{"density": density, "gamma": gamma}])
    for name, values in found.items():
        kept = max(1, int(density * values.size))
        assert np.count_nonzero(values) == kept
        assert (values == crumbs(signs[name].astype(float), density, gamma)).all()


@pytest.mark.parametrize(
    ("method", "options"),
    [(m, o) for m in ("della", "della_linear") for o in SHARED] + [("della", o) for o in COUNTED],
)
def test_della_keeps_by_rank_within_the_row(
    workshop: Any, method: str, options: dict[str, Any]
) -> None:
    models, pairs = family(workshop), [(0.5, 0.15), (0.3, 0.25), (0.8, 0.0)]
    each = [
        {"weight": w, "density": d, "epsilon": e} for w, (d, e) in zip(WEIGHTS, pairs, strict=True)
    ]
    found = merged(workshop, method, each, **options)
    vote = options.get("consensus", "sum") if method == "della" else None

    def mix(name: str, taus: list[Array]) -> Array:
        kept = []
        for i, (tau, (density, epsilon)) in enumerate(zip(taus, pairs, strict=True), start=1):
            p = probabilities(tau, density, epsilon)
            stays = tau * (draws(f"./m{i}", name, tau.shape) < p)
            kept.append(rescaled(tau, stays, stays / p, True, options))
        normalize = options.get("normalize", method == "della")
        return options.get("lambda", 1) * mixed(kept, WEIGHTS, normalize, vote)

    check(found, models, mix)


@pytest.mark.parametrize("method", ["della", "della_linear"])
@pytest.mark.parametrize(("density", "epsilon"), [(0.1, 0.1), (0.9, 0.15), (0.5, -0.5)])
def test_della_needs_probabilities_between_0_and_1(
    workshop: Any, method: str, density: float, epsilon: float
) -> None:
    family(workshop, count=1)
    with pytest.raises(RecipeError, match=r"epsilon .* must be above 0 and below 1, so set"):
        merged(workshop, method, [{"density": density, "epsilon": epsilon}])


def test_della_says_which_probabilities_it_would_need_and_what_epsilon_gives_others(
    workshop: Any,
) -> None:
    family(workshop, count=1)
    said = r"density 0.9 with epsilon 0.15 gives the probabilities 0.75 and 1.05; .* below 0.1$"
    with pytest.raises(RecipeError, match=said):
        merged(workshop, "della", [{"density": 0.9, "epsilon": 0.15}])
    # Two filters match this tensor, which the recipe alone does not show.
    density = [{"filter": "model.norm", "value": 0.9}, {"value": 0.5}]
    epsilon = [{"filter": "norm.weight", "value": 0.15}, {"value": 0.05}]
    with pytest.raises(PlanError, match=rf"'model.norm.weight': {said}"):
        merged(workshop, "della", [{"density": density, "epsilon": epsilon}])


def test_della_of_a_row_with_one_element_keeps_it_with_the_density(workshop: Any) -> None:
    shape = (400, 1)
    workshop.model("m0", {"model.norm.weight": np.zeros(shape, np.float32)})
    workshop.model("m1", {"model.norm.weight": np.ones(shape, np.float32)})
    found = merged(workshop, "della_linear", [{"density": 0.4, "epsilon": 0.3}])
    mask = draws("./m1", "model.norm.weight", shape) < 0.4
    np.testing.assert_allclose(found["model.norm.weight"], mask / 0.4, rtol=1e-6)


def test_della_of_a_row_with_two_elements_goes_from_end_to_end() -> None:
    lowest, slope = della.probabilities([0.5, 0.7], [0.2, 0.0], 2)
    np.testing.assert_allclose(lowest, [0.3, 0.7], rtol=1e-6)
    np.testing.assert_allclose(slope, [0.4, 0.0], rtol=1e-6)


def test_a_draw_as_large_as_the_probability_drops() -> None:
    f = np.float32
    element = (f(3), f(1), np.uint64(0))
    for draw, kept in [(f(0.5), 0), (np.nextafter(f(0.5), f(0)), 2)]:
        assert dare_ties.survivor(*element, draw, f(0), f(0.5), f(1)) == kept
        assert della.survivor(*element, draw, f(2), f(0.25), f(0.125), f(1)) == kept
        assert della.divided_survivor(*element, draw, f(2), f(0.25), f(0.125)) == 2 * kept


def test_those_take_part_who_agree_and_nothing_agrees_with_neither() -> None:
    f = np.float32
    for value, vote, taken in [(2, 3, 1), (2, -3, 0), (-2, -3, 1), (2, 0, 1), (-2, 0, 0)]:
        assert agreeing(f(value), f(0.5), f(vote)) == (0.5 * value * taken, 0.5 * taken)
    for vote in (3, 0, -3):
        assert agreeing(f(0), f(0.5), f(vote)) == (0, 0)
        assert np.isnan(agreeing(f(np.nan), f(0.5), f(vote))).tolist() == [True, False]


def test_a_mass_of_at_least_1e_8_divides() -> None:
    f, tiny = np.float32, np.float32(1e-8)
    masses = {tiny: 1 / tiny, -tiny: -1 / tiny, np.nextafter(tiny, f(0)): 1, f(-2): -0.5}
    for mass, expected in masses.items():
        assert onto_base((f(1), mass), f(0), np.uint64(0), f(1), True) == f(expected)


def test_dare_scales_what_is_sparse_beside_what_is_whole(workshop: Any) -> None:
    models, densities = family(workshop, count=2), [1.0, 0.5]
    found = merged(workshop, "dare_linear", [{"density": d} for d in densities])

    def mix(name: str, taus: list[Array]) -> Array:
        return taus[0] + taus[1] * (draws("./m2", name, taus[1].shape) < 0.5) / 0.5

    check(found, models, mix)


@pytest.mark.parametrize("method", ["ties", "breadcrumbs", "breadcrumbs_ties"])
def test_the_one_element_that_a_density_of_0_keeps_is_not_rescaled(
    workshop: Any, method: str
) -> None:
    models = family(workshop, count=1)
    found = merged(workshop, method, [{"density": 0.0}], rescale=True)
    check(found, models, lambda name, taus: crumbs(taus[0], 0.0, 0.01 * (method != "ties")))


@pytest.mark.parametrize("method", ["dare_linear", "della_linear"])
@pytest.mark.parametrize("kind", ["l1", "l2", "linf"])
def test_the_norm_of_nothing_is_not_kept(workshop: Any, method: str, kind: str) -> None:
    models = family(workshop, count=1)
    found = merged(workshop, method, [{"density": 0.0}], rescale_norm=kind)
    assert all((found[name] == models[0][name]).all() for name in found)


@pytest.mark.parametrize("method", ["ties", "dare_linear", "della_linear", "breadcrumbs"])
def test_a_density_of_1_keeps_every_norm_of_what_is_infinite(workshop: Any, method: str) -> None:
    base, other = np.zeros(8, np.float32), np.arange(8, dtype=np.float32)
    other[0] = np.inf
    for i, values in enumerate([base, other]):
        workshop.model(f"m{i}", {"model.norm.weight": values}, dtype="F32")
    found = merged(workshop, method, [{}], rescale=True, rescale_norm="l2")
    assert found["model.norm.weight"].tolist() == other.tolist()


@pytest.mark.parametrize("method", ["ties", "dare_linear", "della_linear", "breadcrumbs"])
@pytest.mark.parametrize("kind", ["l1", "l2", "linf"])
@pytest.mark.parametrize("outlier", [np.inf, np.nan])
def test_no_norm_is_kept_of_what_has_none(
    workshop: Any, method: str, kind: str, outlier: float
) -> None:
    base, other = np.zeros(64, np.float32), np.arange(1, 65, dtype=np.float32)
    other[9] = outlier
    for i, values in enumerate([base, other]):
        workshop.model(f"m{i}", {"model.norm.weight": values}, dtype="F32")
    found = merged(workshop, method, [{"density": 0.6}], rescale=True, rescale_norm=kind)
    others, values = (np.delete(each, 9) for each in (found["model.norm.weight"], other))
    assert ((others == values) | (others == 0)).all()
    assert 20 < np.count_nonzero(others) < 63


@pytest.mark.parametrize("method", ["dare_linear", "della_linear", "breadcrumbs"])
def test_a_density_of_1_is_task_arithmetic(workshop: Any, method: str) -> None:
    family(workshop)
    each = [{"weight": w} for w in WEIGHTS]
    whole = merged(workshop, method, each, rescale=True)
    arithmetic = merged(workshop, "task_arithmetic", each)
    for name in whole:
        assert (whole[name] == arithmetic[name]).all()


@pytest.mark.parametrize("method", ["della", "breadcrumbs_ties"])
def test_a_density_of_1_is_ties(workshop: Any, method: str) -> None:
    family(workshop)
    each = [{"weight": w} for w in WEIGHTS]
    whole = merged(workshop, method, each, rescale=True, normalize=True)
    ties = merged(workshop, "ties", each)
    for name in whole:
        assert (whole[name] == ties[name]).all()


@pytest.mark.parametrize("method", ["dare_linear", "della", "della_linear"])
def test_a_density_of_0_leaves_the_base(workshop: Any, method: str) -> None:
    models = family(workshop)
    found = merged(workshop, method, [{"density": 0.0}] * 3)
    for name in found:
        assert (found[name] == models[0][name]).all()


@pytest.mark.parametrize("method", ["dare_linear", "della_linear"])
def test_what_is_dropped_at_random_is_made_up_for_on_average(workshop: Any, method: str) -> None:
    rng = np.random.default_rng(5)
    tau = rng.standard_normal((500, 200)).astype(np.float32)
    workshop.model("m0", {"model.norm.weight": 0 * tau})
    workshop.model("m1", {"model.norm.weight": tau}, dtype="F32")
    found = merged(workshop, method, [{"density": 0.3}])["model.norm.weight"].astype(float)
    share = np.count_nonzero(found) / tau.size
    assert share == pytest.approx(0.3, abs=5 * np.sqrt(0.3 * 0.7 / tau.size))
    error = (found - tau).sum()
    assert abs(error) < 5 * np.sqrt((tau**2 * (1 / 0.15 - 1)).sum())
    small, large = np.abs(tau) < 0.3, np.abs(tau) > 1.3
    kept = [np.count_nonzero(found[part]) / np.count_nonzero(part) for part in (small, large)]
    if method == "della_linear":
        assert kept[0] < 0.21
        assert kept[1] > 0.39
    else:
        assert kept == pytest.approx([0.3, 0.3], abs=0.02)


@pytest.mark.parametrize("method", ["dare_linear", "breadcrumbs", "breadcrumbs_ties", "della"])
def test_the_order_of_the_models_does_not_matter(workshop: Any, method: str) -> None:
    family(workshop)
    each = [{"weight": w, "density": 0.6} for w in WEIGHTS]
    first = merged(workshop, method, each)
    listed = [{"model": f"./m{i}", "parameters": each[i - 1]} for i in (3, 1, 2)]
    document = {"merge_method": method, "base_model": "./m0", "models": listed}
    second = workshop.merged({**document, "out_dtype": "float32"}, "second", seed=SEED)
    for name in first:  # float32 sums in another order
        np.testing.assert_allclose(first[name], second[name], rtol=1e-5, atol=2e-6)
