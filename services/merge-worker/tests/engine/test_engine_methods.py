"""Each method compared with its formula in float64, and properties for any numbers."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tries import tries

from merge_worker.engine.arithmetic import loop
from merge_worker.engine.arithmetic.swept import SAMPLE
from merge_worker.engine.arithmetic.task_vectors import RESCALE_NORM
from merge_worker.engine.kernels.fill_kernel import fill_kernel
from merge_worker.engine.kernels.formula import weighted
from merge_worker.engine.machine.compilable import marked
from merge_worker.engine.method import Method
from merge_worker.engine.methods import discover
from merge_worker.engine.methods import slerp as slerp_method
from merge_worker.engine.methods.sce import with_deviation

Array = NDArray[np.float64]
SLOW = settings(
    max_examples=tries(5),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


# The formulas, as in the papers; nothing here calls the engine.


def linear(models: list[Array], weights: list[float], normalize: bool = True) -> Array:
    total = sum(w * m for w, m in zip(weights, models, strict=True))
    return total / sum(weights) if normalize else total


def slerp(first: Array, second: Array, t: float) -> Array:
    cosine = (first * second).sum() / (np.linalg.norm(first) * np.linalg.norm(second))
    if abs(cosine) > 0.9995:
        return (1 - t) * first + t * second
    angle = np.arccos(cosine)
    return (np.sin((1 - t) * angle) * first + np.sin(t * angle) * second) / np.sin(angle)


def trim(tau: Array, density: float) -> Array:
    """Keep the k largest elements; a stable sort keeps the lowest index among equals."""
    k = max(1, int(density * tau.size))
    order = np.argsort(-np.abs(tau).ravel(), kind="stable")[:k]
    kept = np.zeros(tau.size)
    kept[order] = tau.ravel()[order]
    return kept.reshape(tau.shape)


def consensus(
    taus: list[Array], weights: list[float], normalize: bool, count: bool = False
) -> Array:
    weighted = np.array([w * t for w, t in zip(weights, taus, strict=True)])
    votes = np.sign(weighted) if count else weighted
    elected = np.where(votes.sum(axis=0) >= 0, 1.0, -1.0)
    agrees = np.sign(weighted) == elected
    mixed = np.where(agrees, weighted, 0).sum(axis=0)
    column = np.array(weights).reshape(-1, *[1] * taus[0].ndim)
    mass = np.where(agrees, column, 0).sum(axis=0)
    return mixed / np.where(np.abs(mass) < 1e-8, 1, mass) if normalize else mixed


def philox(counter: int, key: int) -> list[int]:
    """Philox4x32-10 in Python's integers."""
    c = [counter & 0xFFFFFFFF, counter >> 32, 0, 0]
    k = [key & 0xFFFFFFFF, key >> 32]
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & 0xFFFFFFFF, (a >> 32) ^ c[3] ^ k[1], a & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def survivors(seed: int, model: str, tensor: str, shape: tuple[int, ...], density: float) -> Any:
    digest = hashlib.sha256(f"{seed}\0{model}\0{tensor}".encode()).digest()
    key = int.from_bytes(digest[:8], "little")
    words = [philox(i // 4, key)[i % 4] for i in range(int(np.prod(shape)))]
    return (np.array(words) // 2**8 / 2**24 < np.float32(density)).reshape(shape)


# One set of models for all: a base and three relatives in bfloat16.


def family(workshop: Any, count: int = 3, spread: float = 0.3) -> list[dict[str, Any]]:
    base = {name: workshop.rounded(v) for name, v in workshop.llama(0).items()}
    models = [base]
    for seed in range(1, count + 1):
        noise = workshop.llama(seed)
        models.append({n: workshop.rounded(v + spread * noise[n]) for n, v in base.items()})
    for i, model in enumerate(models):
        workshop.model(f"m{i}", model)
    return models


def recipe(method: str, models: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    listed = [
        {"model": f"./m{i}", "parameters": parameters}
        for i, parameters in enumerate(models, start=1)
    ]
    return {"merge_method": method, "base_model": "./m0", "models": listed, **fields}


def close(found: dict[str, Any], expected: Callable[[str], Array]) -> None:
    """Equal to float32 accuracy: the sums are float32, the reference float64."""
    for name, values in found.items():
        np.testing.assert_allclose(values, expected(name), rtol=2e-6, atol=2e-6, err_msg=name)


def taus(models: list[dict[str, Any]], name: str) -> list[Array]:
    base = models[0][name]
    return [(m[name] - base).astype(np.float64) for m in models[1:]]


@pytest.mark.parametrize("normalize", [True, False])
def test_linear_is_the_weighted_average(workshop: Any, normalize: bool) -> None:
    models = family(workshop)
    weights = [0.2, 0.5, 0.9]
    document = recipe("linear", [{"weight": w} for w in weights], out_dtype="float32")
    document["parameters"] = {"normalize": normalize}
    found = workshop.merged(document)
    close(found, lambda n: linear([m[n].astype(float) for m in models[1:]], weights, normalize))


@pytest.mark.parametrize("t", [0.0, 0.25, 0.5, 1.0])
def test_slerp_follows_the_great_circle(workshop: Any, t: float) -> None:
    models = family(workshop, spread=3.0)
    document = recipe("slerp", [{}], out_dtype="float32", parameters={"t": t})
    found = workshop.merged(document)
    close(found, lambda n: slerp(models[0][n].astype(float), models[1][n].astype(float), t))


def test_slerp_of_nearly_parallel_tensors_is_a_straight_line(workshop: Any) -> None:
    models = family(workshop, spread=0.005)
    document = recipe("slerp", [{}], out_dtype="float32", parameters={"t": 0.3})
    found = workshop.merged(document)
    close(found, lambda n: 0.7 * models[0][n].astype(float) + 0.3 * models[1][n].astype(float))


@pytest.mark.parametrize("normalize", [True, False])
def test_task_arithmetic_adds_weighted_task_vectors(workshop: Any, normalize: bool) -> None:
    models = family(workshop)
    weights = [0.5, -0.3, 1.1]
    document = recipe("task_arithmetic", [{"weight": w} for w in weights], out_dtype="float32")
    document["parameters"] = {"normalize": normalize, "lambda": 0.7}
    found = workshop.merged(document)
    close(found, lambda n: models[0][n] + 0.7 * linear(taus(models, n), weights, normalize))


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("vote", ["sum", "count"])
def test_ties_trims_elects_and_merges(workshop: Any, normalize: bool, vote: str) -> None:
    models = family(workshop)
    weights, densities = [0.5, 0.4, -0.7], [0.5, 0.25, 0.9]
    pairs = zip(weights, densities, strict=True)
    document = recipe("ties", [{"weight": w, "density": d} for w, d in pairs])
    document |= {"out_dtype": "float32"}
    document["parameters"] = {"normalize": normalize, "consensus": vote, "lambda": 1.3}
    found = workshop.merged(document)

    def expected(name: str) -> Array:
        trimmed = [trim(t, d) for t, d in zip(taus(models, name), densities, strict=True)]
        mixed = consensus(trimmed, weights, normalize, count=vote == "count")
        return models[0][name] + 1.3 * mixed

    close(found, expected)


@pytest.mark.parametrize(("norm", "order"), [("l1", 1), ("l2", 2), ("linf", np.inf)])
def test_ties_can_keep_a_norm_of_the_task_vector(workshop: Any, norm: str, order: float) -> None:
    models = family(workshop, count=1)
    document = recipe("ties", [{"density": 0.3}], out_dtype="float32")
    document["parameters"] = {"rescale": True, "rescale_norm": norm}
    found = workshop.merged(document)
    for name, values in found.items():
        tau = taus(models, name)[0]
        moved = values.astype(float) - models[0][name]
        ratio = np.linalg.norm(moved.ravel(), order) / np.linalg.norm(tau.ravel(), order)
        assert ratio == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize("rescale", [True, False])
def test_dare_ties_drops_by_the_documented_generator(workshop: Any, rescale: bool) -> None:
    models = family(workshop, count=2)
    document = recipe("dare_ties", [{"density": 0.6, "weight": 0.8}, {"density": 0.3}])
    document |= {"out_dtype": "float32", "parameters": {"rescale": rescale}}
    found = workshop.merged(document, seed=7)

    def expected(name: str) -> Array:
        kept = []
        for i, (tau, density) in enumerate(zip(taus(models, name), [0.6, 0.3], strict=True)):
            mask = survivors(7, f"./m{i + 1}", name, tau.shape, density)
            kept.append(np.where(mask, tau / (density if rescale else 1), 0))
        return models[0][name] + consensus(kept, [0.8, 1.0], normalize=False)

    close(found, expected)


def test_passthrough_scales_or_copies(workshop: Any) -> None:
    models = family(workshop, count=1)
    filtered = [{"filter": "mlp", "value": 0.5}, {"value": 1}]
    document = {
        "merge_method": "passthrough",
        "models": [{"model": "./m1", "parameters": {"scale": filtered}}],
    }
    plan = workshop.plan(document)
    assert set(plan.copied) == {name for name in models[1] if "mlp" not in name}
    close(workshop.merged(document), lambda n: models[1][n] * (0.5 if "mlp" in n else 1))


COMPILED = [m for m, each in discover().items() if isinstance(each, Method)]
SPARSE = [m for m, each in discover().items() if RESCALE_NORM in each.spec.parameters]


@pytest.mark.parametrize(
    ("method", "norm"), [(m, "density") for m in COMPILED] + [(m, "l2") for m in SPARSE]
)
def test_formulas_are_given_float32_alone(
    workshop: Any, monkeypatch: pytest.MonkeyPatch, method: str, norm: str
) -> None:
    spec, given = discover()[method].spec, []
    names = {each.name for each in spec.parameters}
    family(workshop)
    options = {"t": 0.3, "select_topk": 0.5, "scale": 0.5, "rescale": True, "rescale_norm": norm}
    density = {"density": 0.5} if "density" in names else {}
    document = recipe(method, [density] * min(spec.max_models or 3, 2 - (spec.base == "member")))
    document["parameters"] = {name: options[name] for name in names & options.keys()}
    if spec.base == "none":
        del document["base_model"]

    def spied(formula: Any, has_base: bool, along: Any, facts: str, merge_facts: str) -> Any:
        given.extend([facts, merge_facts])
        return fill_kernel(formula, has_base, along, facts, merge_facts)

    monkeypatch.setattr(loop, "fill_kernel", spied)
    workshop.merge(document)
    assert given
    assert not any("f8" in types for types in given)


def test_passthrough_scales_up_too(workshop: Any) -> None:
    models = family(workshop, count=1)
    listed = [{"model": "./m1", "parameters": {"scale": 2.0}}]
    found = workshop.merged({"merge_method": "passthrough", "models": listed})
    close(found, lambda n: 2.0 * models[1][n])


# Properties for any numbers.


def test_formulas_compute_with_float32_alone() -> None:
    discover()
    own = [f for f in marked if f.__module__.startswith("merge_worker.engine")]
    for function in [*own, with_deviation(weighted, 3)]:
        outside = inspect.getclosurevars(function)
        for name, value in {**outside.globals, **outside.nonlocals}.items():
            wider = isinstance(value, np.floating) and value.dtype != np.float32
            assert not wider, f"{name} of {function.__qualname__} makes its arithmetic float64"


@SLOW
@given(weights=st.lists(st.floats(0.05, 1), min_size=2, max_size=5), seed=st.integers(0, 2**32))
def test_an_average_of_equal_models_is_that_model(
    tmp_path_factory: Any, workshop: Any, weights: list[float], seed: int
) -> None:
    shop = type(workshop)(tmp_path_factory.mktemp("equal"))
    same = shop.llama(seed)
    names = [shop.model(f"m{i}", same) for i in range(len(weights))]
    listed = [
        {"model": n, "parameters": {"weight": w}} for n, w in zip(names, weights, strict=True)
    ]
    found = shop.merged({"merge_method": "linear", "models": listed})
    for name, values in found.items():
        assert (values == shop.rounded(same[name])).all()


@SLOW
@given(order=st.permutations([1, 2, 3]), method=st.sampled_from(["linear", "ties", "dare_ties"]))
def test_the_order_of_the_models_does_not_matter(
    tmp_path_factory: Any, workshop: Any, order: list[int], method: str
) -> None:
    shop = type(workshop)(tmp_path_factory.mktemp("order"))
    family(shop)
    density = {} if method == "linear" else {"density": 0.5}
    weights = {1: 0.2, 2: 0.5, 3: 0.8}
    document = recipe(method, [{"weight": weights[i], **density} for i in (1, 2, 3)])
    first = shop.merged({**document, "out_dtype": "float32"}, "first")
    document["models"] = [document["models"][i - 1] for i in order]
    second = shop.merged({**document, "out_dtype": "float32"}, "second")
    for name in first:  # float32 sums in another order
        np.testing.assert_allclose(first[name], second[name], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("t", "model"), [(0.0, 0), (1.0, 1)])
def test_the_ends_of_slerp_are_the_models(workshop: Any, t: float, model: int) -> None:
    models = family(workshop)
    found = workshop.merged(recipe("slerp", [{}], parameters={"t": t}))
    close(found, lambda n: models[model][n])


def test_slerp_of_a_model_and_a_zero_tensor_is_defined(workshop: Any) -> None:
    base = workshop.llama(0)
    workshop.model("m0", base)
    workshop.model("m1", {name: 0 * values for name, values in base.items()})
    found = workshop.merged(recipe("slerp", [{}], out_dtype="float32", parameters={"t": 0.5}))
    half = np.sin(np.pi / 4)  # a right angle: the cosine with a zero vector is 0
    close(found, lambda n: half * workshop.rounded(base[n]))


@pytest.mark.parametrize("tiny", [0, 1])
def test_slerp_takes_no_direction_from_a_tensor_of_almost_no_length(
    workshop: Any, tiny: int
) -> None:
    models = [workshop.llama(0), workshop.llama(0)]
    models[tiny] = {n: v * np.float32(1e-10) for n, v in models[tiny].items()}
    for i, model in enumerate(models):
        workshop.model(f"m{i}", model, dtype="F32")
    found = workshop.merged(recipe("slerp", [{}], out_dtype="float32", parameters={"t": 0.25}))
    first, second = np.sin(0.75 * np.pi / 2), np.sin(0.25 * np.pi / 2)  # as at a right angle
    close(found, lambda n: first * models[0][n].astype(float) + second * models[1][n])


@pytest.mark.parametrize(
    ("products", "weight"),
    [
        ([[1e-16, 0.5e-8], [0.5e-8, 1.0]], np.sqrt(0.5 / (1 + 0.5e-8))),  # nearly a right angle
        ([[1e-4, 0.5e-4], [0.5e-4, 1e-4]], np.sqrt(1 / 3)),  # 60 degrees
    ],
)
def test_slerp_takes_a_norm_up_to_1e_8_and_no_larger_one_as_1(
    monkeypatch: pytest.MonkeyPatch, products: list[list[float]], weight: float
) -> None:
    monkeypatch.setattr(slerp_method, "gram", lambda merge: np.array(products))
    prepared = slerp_method.prepare(SimpleNamespace(settings={"t": 0.5}))  # type: ignore[arg-type]
    assert prepared.weights == pytest.approx([weight] * 2, rel=1e-12)


def test_slerp_is_a_straight_line_beyond_the_bound_alone() -> None:
    angle = np.arccos(0.9995)
    arc = [np.sin(0.7 * angle) / np.sin(angle), np.sin(0.3 * angle) / np.sin(angle)]
    assert slerp_method.coefficients(0.9995, 0.3) == pytest.approx(arc, rel=1e-12)
    for cosine in (0.99951, -0.99951, 1.0, -1.0, np.nan):
        assert slerp_method.coefficients(cosine, 0.3) == (0.7, 0.3)


def test_ties_of_one_model_at_full_density_is_task_arithmetic(workshop: Any) -> None:
    family(workshop)
    ties = workshop.merged(recipe("ties", [{"density": 1}]), "ties")
    arithmetic = workshop.merged(recipe("task_arithmetic", [{"weight": 1}]), "arithmetic")
    for name in ties:
        assert (ties[name] == arithmetic[name]).all()


def test_subtracting_undoes_adding(workshop: Any) -> None:
    models = family(workshop)
    added = workshop.merged(
        recipe("task_arithmetic", [{"weight": 1}], out_dtype="float32"), "added"
    )
    document = recipe("task_arithmetic", [{"weight": -1}], out_dtype="float32")
    document["base_model"] = "./added"
    shifted = {n: added[n] for n in added}
    assert shifted.keys() == models[0].keys()
    # added = θ₀ + τ; with base `added` and the model θ₀ the task vector is −τ
    document["models"] = [{"model": "./m0", "parameters": {"weight": 1}}]
    close(workshop.merged(document, "undone"), lambda n: models[0][n])


def test_ties_keeps_exactly_k_where_all_magnitudes_are_equal(workshop: Any) -> None:
    base = {name: 0 * values for name, values in workshop.llama(0).items()}
    signs = {name: np.sign(values) for name, values in workshop.llama(1).items()}
    workshop.model("m0", base)
    workshop.model("m1", signs)
    found = workshop.merged(recipe("ties", [{"density": 0.37}]))
    for name, values in found.items():
        k = int(0.37 * values.size)
        flat = values.ravel()
        assert (flat[:k] == signs[name].ravel()[:k]).all()
        assert not flat[k:].any()


@pytest.mark.parametrize("density", [0.05, 0.2, 0.35, 0.5, 0.9])
def test_ties_trims_what_is_mostly_unchanged(workshop: Any, density: float) -> None:
    rng = np.random.default_rng(3)
    # Subnormals, the ends of the ranges in which magnitudes are counted, and equals.
    bits = np.array([1, 0xFFFF, 0x10000, 0x10001, 0x20000, 0x20001, 0x3F800000], np.uint32)
    shapes = {name: values.shape for name, values in workshop.llama(0).items()}
    sizes = [bits.view(np.float32)[rng.integers(0, len(bits), shape)] for shape in shapes.values()]
    changed = [rng.random(shape) < 0.4 for shape in shapes.values()]
    tuned = [np.where(c, v, 0) for c, v in zip(changed, sizes, strict=True)]
    other = dict(zip(shapes, tuned, strict=True))
    workshop.model("m0", {name: 0 * values for name, values in other.items()}, dtype="F32")
    workshop.model("m1", other, dtype="F32")
    found = workshop.merged(recipe("ties", [{"density": density}]))
    for name, values in found.items():
        assert (values == trim(other[name].astype(np.float64), density)).all()


@pytest.mark.parametrize("kind", ["spread", "misleading", "rounded", "mostly unchanged", "equal"])
@pytest.mark.parametrize("density", [0.001, 0.3, 0.7])
def test_ties_trims_a_large_tensor_exactly_whatever_a_sample_of_it_says(
    workshop: Any, kind: str, density: float
) -> None:
    rng = np.random.default_rng(5)
    values = rng.standard_t(3, (150_000, 8)).astype(np.float32)
    sampled = np.arange(values.size).reshape(values.shape) % (16 * SAMPLE) < SAMPLE
    tau = {
        "spread": values,
        "misleading": np.where(sampled, 1000 * values, values),
        "rounded": np.round(values * 8) / 8,
        "mostly unchanged": np.where(np.abs(values) < 2, 0, values),
        "equal": np.sign(values),
    }[kind].astype(np.float32)
    name = "model.embed_tokens.weight"
    workshop.model("m0", {name: 0 * tau}, dtype="F32")
    workshop.model("m1", {name: tau}, dtype="F32")
    found = workshop.merged(recipe("ties", [{"density": density}]))[name]
    assert (found == trim(tau.astype(np.float64), density)).all()


def test_the_smallest_density_still_keeps_one_element(workshop: Any) -> None:
    models = family(workshop, count=1)
    found = workshop.merged(recipe("ties", [{"density": 0.0001}]))
    for name, values in found.items():
        assert (values != models[0][name]).sum() <= 1


@pytest.mark.parametrize("method", ["linear", "task_arithmetic", "ties", "dare_ties", "slerp"])
def test_nan_and_infinity_go_through_to_the_output_and_no_further(
    workshop: Any, method: str
) -> None:
    base, other = workshop.llama(0), workshop.llama(1)
    other["model.norm.weight"][:2] = np.nan, np.inf
    workshop.model("m0", base)
    workshop.model("m1", other)
    document = recipe(method, [{}])
    if method == "slerp":
        document["parameters"] = {"t": 0.5}
    if method == "ties":
        document["models"][0]["parameters"] = {"density": 0.5}
    found = workshop.merged(document)
    norm = found.pop("model.norm.weight")
    assert np.isnan(norm[0])
    assert not np.isfinite(norm[1])
    assert np.isfinite(norm[2:]).all()
    assert all(np.isfinite(values).all() for values in found.values())


@pytest.mark.parametrize("out_dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("stored", ["F16", "BF16", "F32"])
def test_any_element_type_goes_in_and_out(workshop: Any, stored: str, out_dtype: str) -> None:
    tensors = workshop.llama(0)
    workshop.model("m1", tensors, dtype=stored)
    found = workshop.merged(
        {"merge_method": "linear", "models": [{"model": "./m1"}], "out_dtype": out_dtype}
    )
    short = {"float16": "F16", "bfloat16": "BF16", "float32": "F32"}[out_dtype]
    for name, values in found.items():
        assert (values == workshop.rounded(workshop.rounded(tensors[name], stored), short)).all()
