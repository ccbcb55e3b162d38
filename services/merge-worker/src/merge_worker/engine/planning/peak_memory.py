"""How much memory a merge needs for its buffers, calculated from its plan."""

from __future__ import annotations

from typing import Final

from merge_worker.engine.files.dtypes import ITEMSIZE
from merge_worker.engine.kernels.fill_kernel import SCRATCH, WIDTH
from merge_worker.engine.method import Method
from merge_worker.engine.methods import discover
from merge_worker.engine.numpy_methods import NumpyMethod
from merge_worker.engine.plan import BLOCK, Plan, PlannedTensor

GATHERED: Final = 3 << 20
"""The most bytes for the counts of a model in a first pass, for methods that make one."""


def peak_memory(plan: Plan, threads: int, block: int = BLOCK) -> int:
    """The most bytes of buffers, with these numbers of threads and of elements per block.

    Adapters are held whole while their tensor is filled; models never are. Tensors that are held
    whole take no more together than the largest of them takes.
    """
    buffers = max((_buffers(tensor, block) for tensor in plan.tensors), default=0)
    return threads * buffers + max(map(held_whole, plan.tensors), default=0)


def held_whole(tensor: PlannedTensor) -> int:
    """Bytes for the whole tensor and its operands, if its method takes them whole."""
    method = discover().get(tensor.method or "")
    if not isinstance(method, NumpyMethod):
        return 0
    return method.memory(tensor.region.size, len(tensor.rows))


def _buffers(tensor: PlannedTensor, block: int) -> int:
    """The bytes that one thread holds: operands, output, scratch, and what a first pass gathers."""
    elements = min(tensor.region.size, block)
    widest = max(row.width for row in tensor.rows)
    rows = elements * widest * len(tensor.rows)
    adapters = sum(4 * (u.left.size + u.right.size) for row in tensor.rows if (u := row.update))
    return rows + elements * ITEMSIZE[tensor.region.dtype] + adapters + _scratch(tensor, elements)


def _scratch(tensor: PlannedTensor, elements: int) -> int:
    if tensor.method is None:
        return 0
    method, models = discover()[tensor.method], len(tensor.operands)
    if not isinstance(method, Method):
        return 4 * elements
    return 4 * (models + SCRATCH) * WIDTH + (GATHERED * models if method.gathers else 0)
