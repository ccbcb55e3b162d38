"""Filling one output tensor: its operands block by block through the method's formula."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .digests import tensor_hash
from .dtypes import CODES, ITEMSIZE
from .fill_kernel import fill_kernel
from .inputs import Inputs
from .method import Block, Model, Values
from .methods import discover
from .plan import Plan, PlannedTensor

Write = Callable[[int, memoryview], None]
"""Writes bytes at an offset of the tensor's file."""


class TensorMerge:
    """One output tensor and its operands; what a method's `prepare` sees (`method.Merge`)."""

    def __init__(
        self,
        plan: Plan,
        tensor: PlannedTensor,
        inputs: Inputs,
        block: int,
        before_block: Callable[[], None],
    ) -> None:
        """Open the readers; `before_block` may raise to stop the merge between two blocks."""
        self._plan = plan
        self._before_block = before_block
        self._held: int | None = None
        self._tensor = tensor
        self._block = min(block, tensor.region.size)
        self._readers = [inputs.reader(row) for row in tensor.rows]
        self._codes = np.array([reader.code for reader in self._readers], np.int64)
        self.name = tensor.name
        self.size = tensor.region.size
        self.seed = plan.seed
        self.has_base = tensor.base is not None
        self.settings: Values = tensor.settings

    @cached_property
    def models(self) -> Sequence[Model]:
        """The merged models, in order."""
        references = [model.reference for model in self._plan.models]
        operands = self._tensor.operands
        return [Model(references[o.model], o.tensor, o.parameters) for o in operands]

    @cached_property
    def _raw(self) -> NDArray[np.uint8]:
        """One row per operand, wide enough for each; rows start at multiples of 8 bytes."""
        width = max(row.width for row in self._tensor.rows)
        return np.empty((len(self._readers), -(-self._block * width // 8) * 8), np.uint8)

    def blocks(self) -> Iterator[Block]:
        """A pass over all elements in order; what it yields is overwritten by the next block."""
        for first in range(0, self.size, self._block or 1):
            self._before_block()
            size = min(self._block, self.size - first)
            if self._held != first:
                for reader, row in zip(self._readers, self._raw, strict=True):
                    reader.read(first, size, row)
                self._held = first
            yield Block(self._raw, self._codes, first, size)


def fill(merge: TensorMerge, tensor: PlannedTensor, write: Write) -> str:
    """Compute a tensor, write it in its place and return its digest in hexadecimal."""
    digest = tensor_hash(tensor.name, tensor.region)
    if tensor.region.size == 0:
        return digest.hexdigest()
    make = _copy if tensor.method is None else _computed(merge, tensor)
    width = ITEMSIZE[tensor.region.dtype]
    for block in merge.blocks():
        data = make(block, tensor)
        digest.update(data)
        write(tensor.region.offset + block.first * width, data)
    return digest.hexdigest()


def _copy(block: Block, tensor: PlannedTensor) -> memoryview:
    return memoryview(block.raw[0].data)[: block.size * ITEMSIZE[tensor.region.dtype]]


def _computed(
    merge: TensorMerge, tensor: PlannedTensor
) -> Callable[[Block, PlannedTensor], memoryview]:
    """The function that turns a block of operands into a block of output."""
    assert tensor.method is not None
    prepared = discover()[tensor.method].prepare(merge)
    kernel = fill_kernel(prepared.formula, merge.has_base, len(prepared.facts))
    weights = np.array(prepared.weights, np.float32)
    code, width = CODES[tensor.region.dtype], ITEMSIZE[tensor.region.dtype]

    def compute(block: Block, tensor: PlannedTensor) -> memoryview:
        out = np.empty(-(-block.size * width // 8) * 8, np.uint8)
        kernel(
            block.raw,
            block.codes,
            block.first,
            block.size,
            weights,
            prepared.facts,
            prepared.merge_facts,
            out,
            code,
        )
        return out.data[: block.size * width]

    return compute
