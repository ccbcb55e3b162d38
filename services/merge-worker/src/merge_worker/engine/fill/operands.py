"""The operands of an output tensor, read in blocks, and tensors computed from them on the fly."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from merge_worker.engine.arithmetic.swept import Swept
from merge_worker.engine.cuda.device import Device
from merge_worker.engine.machine.crew import Crew
from merge_worker.engine.machine.memory import LINE, aligned
from merge_worker.engine.method import Block, Cut, Model, Values
from merge_worker.engine.plan import Operand, Plan, PlannedTensor

from .inputs import Inputs, Reader


class TensorMerge(Swept):
    """One output tensor and its operands, as a method's `prepare` gets them (`method.Merge`)."""

    def __init__(
        self,
        plan: Plan,
        tensor: PlannedTensor,
        inputs: Inputs,
        crew: Crew,
        block: int,
        device: Device | None = None,
    ) -> None:
        """`block` is the most elements of a block, a multiple of REDUCTION; `device` fills it."""
        size = tensor.region.size
        columns = tensor.region.shape[-1] if tensor.region.shape else 1
        super().__init__((size // columns, columns) if columns else (0, 0), crew, block)
        self._plan, self._tensor = plan, tensor
        self._inputs = inputs
        self.device = device
        self.name = tensor.name
        self.seed = plan.seed
        self.has_base = tensor.base is not None
        self.count = len(tensor.operands)
        self.settings: Values = tensor.settings

    @cached_property
    def models(self) -> Sequence[Model]:
        """The merged models, in order."""
        return [
            Model(self.reference(operand), operand.tensor, operand.parameters)
            for operand in self._tensor.operands
        ]

    def reference(self, operand: Operand) -> str:
        """The model of an operand, as the recipe writes it."""
        return self._plan.models[operand.model].reference

    @cached_property
    def _readers(self) -> list[Reader]:
        return [self._inputs.reader(row) for row in self._tensor.rows]

    @cached_property
    def _codes(self) -> NDArray[np.int64]:
        return np.array([reader.code for reader in self._readers], np.int64)

    def read(self, cut: Cut) -> Block:
        """The operands' elements at a place, as stored, in a buffer of the thread's own."""
        first, size = cut
        memory, raw = self.crew.memory, self._buffer(size)
        if memory.holds != (self, cut):
            memory.holds = None
            for reader, row in zip(self._readers, raw, strict=True):
                reader.read(first, size, row)
            memory.holds = (self, cut)
        return Block(raw, self._codes, first, size)

    def _buffer(self, size: int) -> NDArray[np.uint8]:
        """One row per operand, wide enough for each; rows start at cache lines."""
        rows = len(self._readers)
        width = max(row.width for row in self._tensor.rows)
        wanted = -(-size * width // LINE) * LINE
        make = self.device.pinned if self.device else aligned
        return self.crew.memory.bytes("operands", rows * wanted, make).reshape(rows, wanted)
