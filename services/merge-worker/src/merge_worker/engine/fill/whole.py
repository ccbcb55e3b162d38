"""Fills a tensor that its method takes whole: reads it, computes it at once, writes blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from merge_worker.engine.files.dtypes import CODES, ITEMSIZE
from merge_worker.engine.kernels.fill_kernel import MADE
from merge_worker.engine.kernels.whole_kernels import decode_counted, encode_counted
from merge_worker.engine.machine.shortage import shortage
from merge_worker.engine.method import Block, Cut
from merge_worker.engine.numpy_methods import NumpyMethod
from merge_worker.engine.plan import PlannedTensor

from .operands import TensorMerge


class Whole:
    """A tensor computed by a NumPy method, to be written block by block by any thread."""

    def __init__(self, method: NumpyMethod, merge: TensorMerge, tensor: PlannedTensor) -> None:
        dtype = tensor.region.dtype
        self._memory, self._code, self._width = merge.crew.memory, CODES[dtype], ITEMSIZE[dtype]
        self._found: dict[int, list[int]] = {}
        with shortage(
            f"for {method.spec.name} on {merge.name!r}, a tensor held whole: provide more"
        ):
            operands = self._read(merge, tensor)
            base = operands.pop(0) if merge.has_base else None
            self._values = method.compute(merge, operands, base).reshape(-1)

    def __call__(self, cut: Cut) -> tuple[memoryview, list[int]]:
        """The bytes of a block, and its counts, as `loop.Loop` returns them.

        The bytes belong to the thread, and its next block overwrites them.
        """
        first, size = cut
        values = self._memory.floats("values", 1, size)[0]
        with np.errstate(all="ignore"):  # values beyond float32 are counted
            values[:] = self._values[first : first + size]
        out = self._memory.bytes("result", size * self._width)
        made = np.zeros(MADE, np.int64)
        encode_counted(values, self._code, out, made)
        return out.data, [*self._found[first], *made.tolist()]

    def _read(self, merge: TensorMerge, tensor: PlannedTensor) -> list[NDArray[np.float32]]:
        """All operands in float32, the base first; counts those not finite, by block."""
        flat = [np.empty(tensor.region.size, np.float32) for _ in tensor.rows]

        def take(block: Block) -> None:
            self._found[block.first] = [_decoded(block, row, out) for row, out in enumerate(flat)]

        merge.sweep(take)
        return [each.reshape(tensor.region.shape) for each in flat]


def _decoded(block: Block, row: int, whole: NDArray[Any]) -> int:
    """Put one operand of a block in its place; returns how many elements are not finite."""
    found = np.zeros(1, np.int64)
    out = whole[block.first : block.first + block.size]
    decode_counted(block.raw[row], block.codes[row], out, found)
    return int(found[0])
