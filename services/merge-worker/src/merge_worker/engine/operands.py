"""The operands of an output tensor, read in blocks; and tensors computed from them on the fly."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from .crew import Crew
from .cuda import Device
from .inputs import Inputs, Reader
from .memory import LINE, aligned
from .method import Block, Cut, Model, Values
from .plan import Operand, Plan, PlannedTensor

SAMPLE: Final = 16384
S = TypeVar("S")
T = TypeVar("T")


class Swept(ABC):
    """What all operands share: the order of their blocks. Reading one is left open."""

    def __init__(self, shape: tuple[int, int], crew: Crew, block: int) -> None:
        """`shape` is rows and columns; `block` elements at most, a multiple of REDUCTION."""
        self.shape, self.size = shape, shape[0] * shape[1]
        self.crew, self.block_elements = crew, block

    def cuts(self, whole_rows: bool = False) -> list[Cut]:
        """The blocks that cover all elements."""
        step = self.block_elements
        if whole_rows:
            step = max(1, step // self.shape[1]) * self.shape[1]
        return [(first, min(step, self.size - first)) for first in range(0, self.size, step)]

    @abstractmethod
    def read(self, cut: Cut) -> Block:
        """The block there, until the same thread reads the next."""

    def blocks(self, whole_rows: bool = False) -> Iterator[Block]:
        """A pass over all elements in order; what it yields is overwritten by the next block."""
        for cut in self.cuts(whole_rows):
            yield from self.crew.sweep([cut], self.read)

    def sweep(self, work: Callable[[Block], T], whole_rows: bool = False) -> list[T]:
        """What `work` makes of each block, in their order; several threads may take part."""
        return self.crew.sweep(self.cuts(whole_rows), lambda cut: work(self.read(cut)))

    def tally(
        self,
        start: Callable[[], S],
        add: Callable[[Block, S], None],
        cuts: Sequence[Cut] | None = None,
    ) -> list[S]:
        """What threads that take part have added up, each from a `start` of its own."""
        wanted = self.cuts() if cuts is None else cuts
        return self.crew.tally(wanted, start, lambda cut, total: add(self.read(cut), total))

    def sample(self) -> list[Cut]:
        """One in sixteen elements, in short runs."""
        return [
            (first, min(SAMPLE, self.size - first)) for first in range(0, self.size, 16 * SAMPLE)
        ]


class TensorMerge(Swept):
    """One output tensor and its operands; what a method's `prepare` sees (`method.Merge`)."""

    def __init__(
        self,
        plan: Plan,
        tensor: PlannedTensor,
        inputs: Inputs,
        crew: Crew,
        block: int,
        device: Device | None = None,
    ) -> None:
        """`block` is elements at most, a multiple of REDUCTION; `device` is what fills them."""
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
        """The operands' elements there, as stored; in a buffer of the thread's own."""
        first, size = cut
        memory, raw = self.crew.memory, self._buffer(size)
        if memory.holds != (self, cut):
            memory.holds = None
            for reader, row in zip(self._readers, raw, strict=True):
                reader.read(first, size, row)
            memory.holds = (self, cut)
        return Block(raw, self._codes, first, size)

    def _buffer(self, size: int) -> NDArray[np.uint8]:
        """One row per operand, wide enough for each; rows start at lines of the cache."""
        rows = len(self._readers)
        width = max(row.width for row in self._tensor.rows)
        wanted = -(-size * width // LINE) * LINE
        make = self.device.pinned if self.device else aligned
        return self.crew.memory.bytes("operands", rows * wanted, make).reshape(rows, wanted)
