"""A method's formula bound to one tensor: turns a block of operands into a block of values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from merge_worker.engine.files.dtypes import CODES, F32, ITEMSIZE
from merge_worker.engine.kernels.fill_kernel import MADE, SCRATCH, WIDTH, fill_kernel
from merge_worker.engine.kernels.randomness import draw_key
from merge_worker.engine.machine.compilable import Function
from merge_worker.engine.method import Block, Cut, Merge, Operands, Prepared

from .ranks import ranks_of
from .swept import Swept

NO_RANKS = np.empty((1, 1), np.float32)


class Loop:
    """The compiled loop of a prepared formula with its arguments; any thread may call it."""

    def __init__(self, merge: Merge, prepared: Prepared, dtype: str, use: str = "result") -> None:
        """`dtype` is the element type to write, in safetensors' name; `use` names its buffer."""
        self._merge, self._prepared = merge, prepared
        self._code, self._width = CODES[dtype], ITEMSIZE[dtype]
        self._kernel = _kernel(merge, prepared)
        self._weights = weights_of(prepared)
        self._keys = keys_of(merge, prepared.formula.drawn)
        self._use = use

    @property
    def whole_rows(self) -> bool:
        """Whether blocks must be whole rows."""
        return self._prepared.formula.ranked

    def __call__(self, block: Block) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Return a block's values as bytes, and how many elements of each operand are not finite.

        The MADE counts, of the values, follow those. The bytes belong to the thread, and its next
        block overwrites them.
        """
        merge, memory = self._merge, self._merge.crew.memory
        out = memory.bytes(self._use, block.size * self._width)
        nonfinite = np.zeros(len(block.codes) + MADE, np.int64)
        self._kernel(
            block.raw,
            block.codes,
            block.first,
            block.size,
            merge.shape[1],
            self._weights,
            self._prepared.facts,
            self._prepared.merge_facts,
            self._keys,
            ranks_of(merge, block) if self.whole_rows else NO_RANKS,
            memory.floats("scratch", merge.count + SCRATCH, WIDTH),
            out,
            self._code,
            nonfinite,
        )
        return out, nonfinite


class Derived(Swept):
    """A tensor that a formula computes on the fly, as the only operand: float32, without a base."""

    has_base = False
    count = 1

    def __init__(self, merge: Merge, prepared: Prepared) -> None:
        super().__init__(merge.shape, merge.crew, merge.block_elements)
        self._merge = merge
        self._loop = Loop(merge, prepared, "F32", "derived")

    def cuts(self, whole_rows: bool = False) -> list[Cut]:
        """The blocks that cover all elements: whole rows if the formula ranks them."""
        return super().cuts(whole_rows or self._loop.whole_rows)

    def sample(self) -> list[Cut]:
        """Some elements of every stretch, or all if the formula ranks rows."""
        return self.cuts() if self._loop.whole_rows else super().sample()

    def read(self, cut: Cut) -> Block:
        """The values of a block."""
        block = self._merge.read(cut)
        values, _ = self._loop(block)
        return Block(values.reshape(1, -1), np.array([F32]), block.first, block.size)


def derived(merge: Merge, prepared: Prepared) -> Operands:
    """The values that a formula computes, as operands."""
    return Derived(merge, prepared)


def _kernel(merge: Merge, prepared: Prepared) -> Function:
    facts = ", ".join(f"{fact.dtype.str[1:]}[:]" for fact in prepared.facts)
    merge_facts = ", ".join(np.dtype(type(each)).str[1:] for each in prepared.merge_facts)
    return fill_kernel(prepared.formula, merge.has_base, prepared.along, facts, merge_facts)


def weights_of(prepared: Prepared) -> NDArray[np.float32]:
    """The weights as models x lines: one line if they are the same everywhere."""
    weights = np.atleast_2d(np.asarray(prepared.weights, np.float32))
    return np.ascontiguousarray(weights.T)


def keys_of(merge: Merge, drawn: bool) -> NDArray[np.uint64]:
    """The keys of the models' draws, if the formula draws."""
    if not drawn:
        return np.zeros(1, np.uint64)
    keys = [draw_key(merge.seed, model.reference, model.tensor) for model in merge.models]
    return np.array(keys, np.uint64)
