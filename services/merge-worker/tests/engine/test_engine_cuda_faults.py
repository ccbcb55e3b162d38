"""A merge whose GPU lacks memory, or fails, goes on to the same bytes and says what happened.

All cases run in numba's simulator, in one process of their own. The driver's refusals are planted
where numba asks the driver; what answers them is the engine as it is.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from merge_worker.engine.cuda.memory import BESIDE, DeviceMemory, fitting
from merge_worker.engine.errors import DeviceError, DeviceMemoryError
from merge_worker.engine.fill.placement import Place, Placement

SUM = 16
"""Elements of a partial sum in the simulated cases, so that small tensors have many blocks."""
LINEAR = {"merge_method": "linear", "models": [{"model": "./m0"}, {"model": "./m1"}]}
PER_ELEMENT = 6
"""Bytes on the device: two operands and a result, in bfloat16."""
SMALL = 2 * (2 * SUM * PER_ELEMENT + BESIDE)
"""Bytes for two threads with blocks of two partial sums."""


@contextmanager
def refusing(most: int) -> Iterator[None]:
    """A driver that has no more than `most` bytes for an array on the device."""
    from numba import cuda
    from numba.cuda.cudadrv.driver import CudaAPIError

    allocate = cuda.device_array

    def allocated(count: int, dtype: Any, **options: Any) -> Any:
        if count * dtype.itemsize > most:
            raise CudaAPIError("[2] Call to cuMemAlloc results in CUDA_ERROR_OUT_OF_MEMORY")
        return allocate(count, dtype, **options)

    with mock.patch.object(cuda, "device_array", allocated):
        yield


@contextmanager
def without_pinned_memory() -> Iterator[None]:
    """A system that has no memory left to pin."""
    from numba import cuda

    with mock.patch.object(cuda, "pinned_array", side_effect=MemoryError):
        yield


@contextmanager
def breaking() -> Iterator[None]:
    """A GPU that computes three blocks, and fails from then on."""
    from numba.cuda.cudadrv.driver import CudaAPIError
    from numba.cuda.simulator.kernel import FakeCUDAKernel

    start, left = FakeCUDAKernel.__getitem__, [3]

    def started(kernel: Any, configuration: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise CudaAPIError("[700] Call to cuLaunchKernel results in CUDA_ERROR_ILLEGAL_ADDRESS")
        return start(kernel, configuration)

    with mock.patch.object(FakeCUDAKernel, "__getitem__", started):
        yield


CASES: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {
    "enough": (mock.MagicMock, {"device_memory": 1 << 20}),
    "a limit for small blocks": (mock.MagicMock, {"device_memory": SMALL}),
    "a limit for nothing": (mock.MagicMock, {"device_memory": 10}),
    "a driver with little memory": (lambda: refusing(2 * 2 * SUM * 2), {}),
    "a driver without memory": (lambda: refusing(8), {}),
    "no memory to pin": (without_pinned_memory, {}),
    "a GPU that breaks": (breaking, {}),
}


def simulate() -> dict[str, Any]:
    """Each case's digest, warnings and last progress; and, as "cpu", those of the processor."""
    from conftest import Workshop
    from merge_worker.engine import MergeOptions, execute
    from merge_worker.engine import merge as carry_out
    from merge_worker.engine.cuda import loop, memory
    from merge_worker.engine.fill import placement

    for module in (execute, memory, placement):
        module.REDUCTION = SUM  # type: ignore[attr-defined]
    loop.THREADS = 32  # type: ignore[misc]
    with tempfile.TemporaryDirectory() as folder:
        shop = Workshop(Path(folder))
        for seed in range(2):
            shop.model(f"m{seed}", shop.llama(seed, layers=1, vocabulary=SUM))
        plan = shop.plan(LINEAR)
        plain = MergeOptions(threads=2, block=4 * SUM, durable=False)

        def merged(name: str, fault: Callable[[], Any], options: MergeOptions) -> Any:
            warnings: list[str] = []
            reported: list[Any] = []
            with fault():
                out = shop.folder / name
                result = carry_out(plan, out, options, reported.append, warnings.append)
            last = reported[-1]
            whole = (last.tensors_done, last.bytes_done) == (last.tensors_total, last.bytes_total)
            return [result.output_digest, warnings, whole]

        on_device = replace(plain, device="cuda")
        return {
            name: merged(name, fault, replace(on_device, **limits))
            for name, (fault, limits) in CASES.items()
        } | {"cpu": merged("cpu", mock.MagicMock, plain)}


@pytest.fixture(scope="module")
def simulated() -> dict[str, Any]:
    found = subprocess.run(
        [sys.executable, __file__],
        env={**os.environ, "NUMBA_ENABLE_CUDASIM": "1"},
        stdout=subprocess.PIPE,
        check=True,
    )
    return dict(json.loads(found.stdout))


@pytest.mark.process
@pytest.mark.parametrize("name", CASES)
def test_the_bytes_are_those_of_the_processor(simulated: dict[str, Any], name: str) -> None:
    assert simulated[name][0] == simulated["cpu"][0]


@pytest.mark.process
@pytest.mark.parametrize("name", CASES)
def test_what_was_begun_again_is_counted_once(simulated: dict[str, Any], name: str) -> None:
    assert simulated[name][2]


@pytest.mark.process
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cpu", []),
        ("enough", []),
        ("a limit for small blocks", []),  # the blocks were chosen to fit
        ("a limit for nothing", ["even for small blocks. The processor computed 6 of 6 tensors"]),
        ("a driver with little memory", ["in blocks of at most 32 elements instead of 64."]),
        (
            "a driver without memory",
            [
                "in blocks of at most 16 elements instead of 64.",
                "even for small blocks. The processor computed 6 of 6 tensors",
            ],
        ),
        (
            "no memory to pin",
            [
                "in blocks of at most 16 elements instead of 64.",
                "even for small blocks. The processor computed 6 of 6 tensors",
            ],
        ),
        ("a GPU that breaks", ["In the middle of the merge, cuda:0 failed: [700] "]),
    ],
)
def test_a_warning_says_what_the_gpu_did_not_do(
    simulated: dict[str, Any], name: str, said: list[str]
) -> None:
    warnings = simulated[name][1]
    assert len(warnings) == len(said), warnings
    assert all(part in warning for part, warning in zip(said, warnings, strict=True)), warnings


# The rules, without a device.


def tensor(size: int, rows: int = 2, method: str | None = "linear") -> Any:
    region = SimpleNamespace(size=size, dtype="BF16")
    operands = [SimpleNamespace(width=2) for _ in range(rows)]
    return SimpleNamespace(name=f"of {size}", region=region, rows=operands, method=method)


def test_blocks_of_all_threads_fit_into_the_limit() -> None:
    tensors = [tensor(1 << 24), tensor(1 << 24, rows=4), tensor(1 << 24, rows=90, method=None)]
    width = 4 * 2 + 2
    for threads in (2, 16):
        block = fitting(tensors, threads, 1 << 22, 200_000_000)
        assert block % (1 << 16) == 0
        assert threads * block * width <= 200_000_000
        assert block == 1 << 22 or threads * (block + (2 << 16)) * width > 200_000_000
    assert fitting(tensors, 2, 1 << 22, float("inf")) == 1 << 22
    assert fitting(tensors, 64, 1 << 22, 5) == 1 << 16  # a smaller one is tried, then moved
    assert fitting([], 2, 1 << 20, 5) == 1 << 16


def test_memory_is_counted_and_refused_beyond_the_limit() -> None:
    memory = DeviceMemory(1000, 300)
    memory.take(200)
    with pytest.raises(DeviceMemoryError, match=r"300 bytes of GPU memory .* 200 are in use"):
        memory.take(101)
    memory.give_back(200)
    memory.take(300)
    assert DeviceMemory(1000).limit == 900
    assert DeviceMemory(100, 300).limit == 90


def test_a_tensor_that_lacks_memory_is_halved_then_moved_and_the_next_begins_smaller() -> None:
    device: Any = object()
    placement = Placement(device, 1 << 22)
    large, lack = tensor(1 << 21), DeviceMemoryError("none")
    places = [placement.first(large)]
    while places[-1].device:
        places.append(placement.after(lack, large, places[-1]))
    assert [place.block for place in places] == [1 << each for each in (22, 20, 19, 18, 17, 16, 16)]
    assert placement.first(large) == Place(device, 1 << 16)
    assert placement.warnings(3)[-1].endswith("The processor computed 1 of 3 tensors.")


def test_after_a_failure_of_the_gpu_no_tensor_tries_it_again() -> None:
    placement = Placement(object(), 1 << 22)  # type: ignore[arg-type]
    failed = placement.after(DeviceError("x" * 1000), tensor(9), placement.first(tensor(9)))
    assert (failed.device, failed.block) == (None, 1 << 18)
    assert placement.first(tensor(8)).device is None
    placement.first(tensor(7, method=None))  # copied
    (said,) = placement.warnings(4)
    assert said.endswith("The processor computed 2 of 4 tensors.")
    assert len(said) < 400


if __name__ == "__main__":
    json.dump(simulate(), sys.stdout)
