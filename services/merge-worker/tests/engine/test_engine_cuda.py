"""A merge on a CUDA device writes the same bytes as on the CPU.

Without a GPU, numba's simulator runs the kernels as Python (in a process of its own, since it must
be chosen before numba is imported), and the tests read the compiled kernels if NVIDIA's compiler is
installed. With a GPU, the tests run the kernels themselves.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from merge_worker.cli import merge as merge_command
from merge_worker.engine import EngineError, MergeOptions, merge
from merge_worker.engine.arithmetic.loop import Loop
from merge_worker.engine.cuda.device import DeviceError, open_device
from merge_worker.engine.method import Merge, Method, Prepared
from merge_worker.engine.methods import discover

pytestmark = pytest.mark.timeout(300)  # the first test simulates all cases

HAS_GPU = shutil.which("nvidia-smi") is not None
needs_gpu = pytest.mark.skipif(not HAS_GPU, reason="no GPU: nvidia-smi is not there")

MODELS = 4
VALUES: dict[str, list[Any]] = {
    "weight": [0.9, 0.5, -0.3, 1.1],
    "density": [0.5, 0.6, 0.7, 0.4],
    "scale": [0.7] * MODELS,
    "t": [0.3] * MODELS,
}
COMPILED = [name for name, each in discover().items() if isinstance(each, Method)]
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "nuslerp by rows": ("nuslerp", {"nuslerp_flatten": False}),
    "nuslerp by columns": ("nuslerp", {"nuslerp_flatten": False, "nuslerp_row_wise": True}),
    "model_stock by rows": ("model_stock", {"filter_wise": True}),
    "sce of a half": ("sce", {"select_topk": 0.5}),
    "ties by count": ("ties", {"consensus": "count", "rescale": True, "rescale_norm": "l2"}),
    "della with a norm kept": ("della", {"rescale_norm": "l1", "normalize": True}),
    "linear as a sum": ("linear", {"normalize": False}),
}
STORED = [(stored, out) for stored in ("BF16", "F16", "F32") for out in ("bfloat16", "float16")]
STORED += [("F32", "float32"), ("BF16", "float32")]
STRANGE = ("linear", "ties", "dare_ties", "nearswap", "sce", "della_linear")


def recipe(method: str, folder: str, **settings: Any) -> dict[str, Any]:
    """A recipe of any method over the models of a folder, with all its parameters."""
    spec = discover()[method].spec
    of_models = {each.name for each in spec.parameters if each.scope == "model"} & set(VALUES)
    settings |= {each.name: VALUES[each.name][0] for each in spec.parameters if each.required}
    models = range(1, 1 + min(MODELS - 1, spec.max_models or MODELS) - (spec.base == "member"))
    document = {
        "merge_method": method,
        "models": [
            {
                "model": f"./{folder}{i}",
                "parameters": {name: VALUES[name][i] for name in of_models},
            }
            for i in models
        ],
        "parameters": settings,
    }
    return document if spec.base == "none" else {**document, "base_model": f"./{folder}0"}


def cases() -> dict[str, dict[str, Any]]:
    """Recipes by name: every method, its variants, all types, and unusual numbers."""
    found = {method: recipe(method, "BF16") for method in discover()}
    found |= {name: recipe(method, "BF16", **each) for name, (method, each) in VARIANTS.items()}
    for stored, out in STORED:
        found[f"dare_ties, {stored} to {out}"] = recipe("dare_ties", stored) | {"out_dtype": out}
    for method in STRANGE:
        for stored, out in [("BF16", "bfloat16"), ("F16", "float16"), ("F32", "float32")]:
            strange = recipe(method, f"strange{stored}") | {"out_dtype": out}
            found[f"{method}, strange {stored}"] = strange
    narrow = recipe("linear", "strangeBF16") | {"out_dtype": "float16"}
    return {**found, "linear, too large for float16": narrow}


def write_models(shop: Any, made: Callable[[int], dict[str, NDArray[Any]]]) -> None:
    """The models of all cases: a base and others near it, plain and strange, in every type."""
    base = made(0)
    for i in range(MODELS):
        change = made(i)
        tensors = {name: each + 0.3 * i * change[name] for name, each in base.items()}
        for stored in ("BF16", "F16", "F32"):
            shop.model(f"{stored}{i}", tensors, stored)
            strange = {name: with_strange(each, i, stored) for name, each in tensors.items()}
            shop.model(f"strange{stored}{i}", strange, stored)


def with_strange(values: NDArray[Any], model: int, stored: str) -> NDArray[Any]:
    """Make half of the elements subnormal or tiny, some infinite or zero, one NaN, one large."""
    scale = {"BF16": 2.0**-130, "F16": 2.0**-20, "F32": 2.0**-138}[stored]
    flat = values.astype(np.float32).ravel().copy()
    flat[::2] *= np.float32(scale)
    flat[1:3] = np.inf if model % 2 else -np.inf
    flat[4] = -0.0 if model % 2 else 0.0
    if model == 2:
        flat[5] = np.nan
    if stored != "F16":
        flat[6] = 90000  # too large for float16
    return flat.reshape(values.shape)


# The same code, run as Python.


def few(seed: int) -> dict[str, NDArray[Any]]:
    """Two blocks of threads of a matrix that is not square, and a part of one of a vector."""
    rng = np.random.default_rng(seed)
    shapes = {"model.embed_tokens.weight": (2, 7), "model.norm.weight": (7,)}
    return {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}


def simulate() -> dict[str, list[Any]]:
    """The digests and counts of each case, on the CPU and on the simulated device."""
    from conftest import Workshop
    from merge_worker.engine.cuda import loop as cuda_loop

    cuda_loop.THREADS = 8  # each is a Python thread
    with tempfile.TemporaryDirectory() as folder:
        shop = Workshop(Path(folder))
        write_models(shop, few)
        return {
            name: [made(shop, each, d) for d in ("cpu", "cuda")] for name, each in cases().items()
        }


def made(shop: Any, document: dict[str, Any], device: str, **options: Any) -> list[Any]:
    warnings: list[str] = []
    how = MergeOptions(device=device, durable=False, **options)
    result = merge(
        shop.plan(document, seed=7), shop.folder / "out", how, on_warning=warnings.append
    )
    assert not warnings, "the processor did what the device should have done"
    shutil.rmtree(shop.folder / "out")
    return [result.output_digest, result.nonfinite, result.made]


@pytest.fixture(scope="module")
def simulated() -> dict[str, list[Any]]:
    found = subprocess.run(
        [sys.executable, "-W", "ignore::RuntimeWarning", __file__],
        env={**os.environ, "NUMBA_ENABLE_CUDASIM": "1"},
        stdout=subprocess.PIPE,
        check=True,
    )
    return dict(json.loads(found.stdout))


@pytest.mark.process
@pytest.mark.parametrize("name", sorted(cases()))
def test_the_simulated_device_writes_the_same_bytes(
    simulated: dict[str, list[Any]], name: str
) -> None:
    on_cpu, on_device = simulated[name]
    assert on_device == on_cpu


@pytest.mark.parametrize("out", ["bfloat16", "float16", "float32"])
def test_what_is_not_a_number_has_the_same_bits_everywhere(workshop: Any, out: str) -> None:
    first, second = workshop.llama(0), workshop.llama(0)
    name = "model.norm.weight"
    first[name][:3] = np.array([0x7F800000, 0xFFC12345, 0x7FA54321], np.uint32).view(np.float32)
    second[name][0] = -np.inf
    for i, each in enumerate((first, second)):
        workshop.model(f"m{i}", each, "F32")
    models = [{"model": "./m0"}, {"model": "./m1"}]
    document = {"merge_method": "linear", "models": models, "out_dtype": out}
    found = workshop.merged(document)[name][:3].view(np.uint32)
    assert (found == 0x7FC00000).all()


@pytest.mark.process
def test_the_cases_differ(simulated: dict[str, list[Any]]) -> None:
    digests = {on_cpu[0] for on_cpu, _ in simulated.values()}
    assert len(digests) > len(cases()) * 3 // 4
    assert all(simulated[f"{method}, strange F32"][0][1] for method in STRANGE)


# Reading the machine code.


@pytest.fixture
def compiler() -> Iterator[Callable[[Any, bool], str]]:
    """Yield a function from a prepared formula to its kernel's PTX, which needs no GPU."""
    pytest.importorskip("numba_cuda", reason="the extra 'cuda' is not installed")
    from numba import cuda
    from numba.cuda import dispatcher
    from numba.cuda.cudadrv import nvvm

    from merge_worker.engine.cuda.kernel import Signature, fill_function

    if not nvvm.is_available():
        pytest.skip("NVIDIA's compiler NVVM is not installed")

    def compile_ptx(prepared: Prepared, has_base: bool) -> str:
        facts = len(prepared.facts)
        function = fill_function(prepared.formula, has_base, prepared.along, facts)
        return str(cuda.compile_ptx(function, str(Signature.of(prepared)), cc=(8, 0))[0])

    with pytest.MonkeyPatch.context() as patch:
        device = SimpleNamespace(compute_capability=(8, 0))
        patch.setattr(dispatcher, "get_current_device", lambda: device)
        yield compile_ptx


def prepared_by(workshop: Any, name: str) -> tuple[Prepared, bool]:
    """The prepared formula for a case's last tensor, and whether it has a base."""
    found: list[tuple[Prepared, bool]] = []

    class Recorded(Loop):
        def __init__(self, merge: Merge, prepared: Prepared, dtype: str) -> None:
            super().__init__(merge, prepared, dtype)
            found.append((prepared, merge.has_base))

    write_models(workshop, few)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("merge_worker.engine.fill.tensor.Loop", Recorded)
        made(workshop, cases()[name], "cpu")
    return found[-1]


@pytest.mark.parametrize("name", sorted({*COMPILED, *VARIANTS} - {"passthrough"}))
def test_every_operation_is_rounded_by_itself(workshop: Any, compiler: Any, name: str) -> None:
    from merge_worker.engine.cuda.kernel import uncontracted

    with uncontracted():
        ptx = compiler(*prepared_by(workshop, name))
    assert re.search(r"\bmul\.rn\.f32", ptx)
    # No fused multiply-add, no flushing of subnormal numbers, no approximate division, and no
    # minimum or maximum that drops a NaN.
    assert not re.search(r"\bfma\.|\.ftz|\.approx|\bdiv\.full|\b(min|max)\.f32", ptx)
    assert set(re.findall(r"\b(?:add|sub|mul|div)\.[.\w]*f32", ptx)) <= {
        "add.rn.f32",
        "sub.rn.f32",
        "mul.rn.f32",
        "div.rn.f32",
    }


def test_the_compiler_contracts_unless_it_is_told_not_to(workshop: Any, compiler: Any) -> None:
    assert "fma.rn.f32" in compiler(*prepared_by(workshop, "ties"))


def test_divisions_are_those_of_ieee_754(workshop: Any, compiler: Any) -> None:
    assert "div.rn.f32" in compiler(*prepared_by(workshop, "linear"))


# Running on a GPU.


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, workshop_class: Any) -> Any:
    """Models with tensors of 4 million elements."""
    shop = workshop_class(tmp_path_factory.mktemp("large"))
    write_models(shop, partial(shop.llama, layers=1, vocabulary=500_000))
    return shop


@needs_gpu
@pytest.mark.parametrize("name", sorted(cases()))
def test_a_gpu_writes_the_same_bytes(large: Any, name: str) -> None:
    document = cases()[name]
    expected = made(large, document, "cpu")
    assert made(large, document, "cuda", threads=3, block=1 << 20) == expected
    assert made(large, document, "cuda") == expected


# Without a usable GPU.


@pytest.mark.process
def test_the_engine_imports_no_compiler_until_it_is_needed() -> None:
    code = "import sys, merge_worker.engine; sys.exit('numba' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:x", "CUDA"])
def test_an_unknown_device_is_refused_before_anything_is_written(workshop: Any, name: str) -> None:
    workshop.model("a", workshop.llama(0))
    with pytest.raises(EngineError, match=f"'{name}' is not a device: use cpu, cuda or"):
        workshop.merge({"merge_method": "linear", "models": [{"model": "./a"}]}, device=name)
    assert not (workshop.folder / "out.partial").exists()


@pytest.mark.skipif(HAS_GPU, reason="there is a GPU")
def test_without_a_gpu_the_message_says_what_to_do(workshop: Any) -> None:
    workshop.model("a", workshop.llama(0))
    (workshop.folder / "recipe.yml").write_text("merge_method: linear\nmodels: [{model: ./a}]\n")
    asked = [str(workshop.folder / name) for name in ("recipe.yml", "out")]
    answer = CliRunner().invoke(merge_command, [*asked, "--device", "cuda"])
    assert answer.exit_code == 1
    assert answer.output.strip().endswith("; or use --device cpu")


def test_without_the_package_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import numba

    monkeypatch.setitem(sys.modules, "numba.cuda", None)
    monkeypatch.delattr(numba, "cuda", raising=False)
    with pytest.raises(DeviceError, match=r"pip install 'mergehub-worker\[cuda\]'"):
        open_device("cuda")


def test_the_command_line_says_so_too(workshop: Any) -> None:
    workshop.model("a", workshop.llama(0))
    file = workshop.folder / "recipe.yaml"
    file.write_text("merge_method: linear\nmodels:\n  - model: ./a\n")
    arguments = [str(file), str(workshop.folder / "out"), "--device", "gpu"]
    result = CliRunner().invoke(merge_command, arguments)
    assert result.exit_code == 1
    assert "'gpu' is not a device: use cpu, cuda or" in result.output


def test_a_device_takes_two_threads_and_larger_blocks() -> None:
    assert MergeOptions(threads=1, device="cuda").workers == 2
    assert MergeOptions(threads=5, device="cuda:1").workers == 5
    larger = MergeOptions(device="cuda").block_elements
    assert larger > MergeOptions().block_elements
    assert MergeOptions(device="cuda", block=1 << 17).block_elements == 1 << 17


@needs_gpu
def test_a_gpu_that_is_not_there_is_refused() -> None:
    with pytest.raises(DeviceError, match="there is no device 'cuda:99'"):
        open_device("cuda:99")


if __name__ == "__main__":
    json.dump(simulate(), sys.stdout)
