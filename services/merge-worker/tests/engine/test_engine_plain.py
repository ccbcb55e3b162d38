"""Compiled loops give the same bytes as the same functions run by Python."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from merge_worker.engine.arithmetic import divergence, gather, loop, ranks, selection
from merge_worker.engine.fill import inputs, whole
from merge_worker.engine.kernels import low_rank
from merge_worker.engine.kernels.fill_kernel import fill_loop
from merge_worker.engine.kernels.formula import Formula
from merge_worker.engine.methods import added, discover
from merge_worker.engine.numpy_methods import numpy_method

OPTIONS: dict[str, list[dict[str, Any]]] = {
    "nuslerp": [{"nuslerp_flatten": False}, {"nuslerp_flatten": False, "nuslerp_row_wise": True}],
    "ties": [{"rescale": True, "rescale_norm": "l2"}, {"consensus": "count"}],
    "sce": [{"select_topk": 0.4}],
    "slerp": [{"t": 0.3}],
    "nearswap": [{"t": 0.3}],
}
DENSE = {"density": 0.4}


def document(method: str, names: list[str], settings: dict[str, Any]) -> dict[str, Any]:
    spec = discover()[method].spec
    room = (spec.max_models or 2) - (spec.base == "member")
    sparse = spec.parameter("density") is not None and "density" not in spec.without_effect
    models = [{"model": n, "parameters": DENSE if sparse else {}} for n in names[1 : 1 + room]]
    return {
        "merge_method": method,
        "base_model": names[0],
        "models": models,
        "parameters": settings,
    }


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run every loop in Python."""

    def uncompiled(
        formula: Formula, has_base: bool, along: Any, facts: str, merge_facts: str
    ) -> Any:
        return fill_loop(formula, has_base, along, facts.count("["))

    monkeypatch.setattr(loop, "fill_kernel", uncompiled)
    for module in (divergence, gather, inputs, low_rank, ranks, selection, whole):
        for name, function in kernels(module):
            monkeypatch.setattr(module, name, inspect.unwrap(function))


def kernels(module: ModuleType) -> list[tuple[str, Any]]:
    return [
        (name, each)
        for name, each in vars(module).items()
        if inspect.isfunction(each) and "machine_code" in each.__code__.co_freevars
    ]


CASES = [(m, s) for m in sorted(discover()) for s in OPTIONS.get(m, [{}])]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, workshop_class: Any) -> Any:
    """Three models with equal magnitudes, zeros and numbers of every size."""
    made = workshop_class(tmp_path_factory.mktemp("plain"))
    rng = np.random.default_rng(7)
    for i in range(3):
        tensors = made.llama(i, layers=1, vocabulary=12)
        for values in tensors.values():
            values[...] = np.where(rng.random(values.shape) < 0.2, 0, np.round(values * 16) / 16)
        made.model(f"m{i}", tensors, config=made.llama_config(layers=1))
    return made


@pytest.fixture(scope="module")
def digests(shop: Any) -> dict[int, str]:
    """The digests from the compiled loops, before any is replaced."""
    names = ["./m0", "./m1", "./m2"]
    return {
        i: shop.merge(document(m, names, s), f"compiled{i}").output_digest
        for i, (m, s) in enumerate(CASES)
    }


@pytest.mark.filterwarnings("ignore:overflow encountered")  # numbers that wrap around on purpose
@pytest.mark.parametrize("case", range(len(CASES)), ids=lambda i: f"{CASES[i][0]}-{i}")
def test_python_makes_the_same_bytes(
    shop: Any, digests: dict[int, str], plain: None, case: int
) -> None:
    method, settings = CASES[case]
    made = shop.merge(
        document(method, ["./m0", "./m1", "./m2"], settings), f"plain{case}", threads=1
    )
    assert made.output_digest == digests[case]


HALF = numpy_method(lambda tensors: tensors[0] / 2, name="half", summary="Halves.", formula="θ/2")


@pytest.fixture(scope="module")
def halved(shop: Any) -> str:
    """The digest of a NumPy method's output, with compiled loops around it."""
    with added(HALF):
        digest: str = shop.merge(document("half", ["./m0", "./m1"], {}), "halved").output_digest
    return digest


def test_python_makes_the_same_bytes_around_a_method_in_numpy(
    shop: Any, halved: str, plain: None
) -> None:
    with added(HALF):
        made = shop.merge(document("half", ["./m0", "./m1"], {}), "plainly halved", threads=1)
    assert made.output_digest == halved
