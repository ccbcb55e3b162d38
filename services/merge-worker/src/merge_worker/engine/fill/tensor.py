"""Fills one output tensor, block by block, by the method's formula."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from merge_worker.engine.arithmetic.loop import Loop
from merge_worker.engine.files.dtypes import ITEMSIZE
from merge_worker.engine.files.writing import write_at, writing
from merge_worker.engine.method import Cut, Method, Prepared
from merge_worker.engine.methods import discover
from merge_worker.engine.models.digests import RunningDigest
from merge_worker.engine.numpy_methods import NumpyMethod
from merge_worker.engine.output.journal import Finished
from merge_worker.engine.plan import PlannedTensor

from .finiteness import counter_of_copies, found_in, made_of
from .operands import TensorMerge
from .whole import Whole

if TYPE_CHECKING:
    from merge_worker.engine.cuda.loop import CudaLoop

Compute = Callable[[Cut], tuple[memoryview, list[int]]]
"""Turns the place of a block into bytes of output, and counts of elements not finite."""
Wrote = Callable[[int], None]
"""Called for every block, with its bytes."""


def fill(merge: TensorMerge, tensor: PlannedTensor, path: Path, wrote: Wrote) -> Finished:
    """Compute a tensor's blocks and write each in its place."""
    with writing(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        compute, cuts = _compute(merge, tensor)
        width = ITEMSIZE[tensor.region.dtype]
        digest = RunningDigest(descriptor, tensor.name, tensor.region)

        def one(cut: Cut) -> list[int]:
            data, nonfinite = compute(cut)
            offset = cut[0] * width
            write_at(path, descriptor, tensor.region.offset + offset, data)
            digest.wrote(offset, data)
            wrote(len(data))
            return nonfinite

        counts = merge.crew.sweep(cuts, one)
        sha256 = digest.hexdigest()
    finally:
        os.close(descriptor)
    return Finished(sha256, found_in(merge, tensor, counts), made_of(counts))


def _compute(merge: TensorMerge, tensor: PlannedTensor) -> tuple[Compute, list[Cut]]:
    """The function that computes a block, and the places of all blocks."""
    if tensor.method is None:
        return _copy(merge, tensor.region.dtype), merge.cuts()
    if tensor.region.size == 0:
        return _copy(merge, tensor.region.dtype), []
    method = discover()[tensor.method]
    if isinstance(method, NumpyMethod):
        return Whole(method, merge, tensor), merge.cuts()
    assert isinstance(method, Method)
    loop = _loop(merge, method.prepare(merge), tensor.region.dtype)

    def compute(cut: Cut) -> tuple[memoryview, list[int]]:
        values, nonfinite = loop(merge.read(cut))
        return values.data, nonfinite.tolist()

    return compute, merge.cuts(loop.whole_rows)


def _loop(merge: TensorMerge, prepared: Prepared, dtype: str) -> Loop | CudaLoop:
    if merge.device is None:
        return Loop(merge, prepared, dtype)
    from merge_worker.engine.cuda.loop import CudaLoop

    return CudaLoop(merge.device, merge, prepared, dtype)


def _copy(merge: TensorMerge, dtype: str) -> Compute:
    width, count = ITEMSIZE[dtype], counter_of_copies(dtype)

    def compute(cut: Cut) -> tuple[memoryview, list[int]]:
        block = merge.read(cut)
        return block.raw[0].data[: block.size * width], count(block)

    return compute
