"""A method's formula bound to one tensor on a CUDA device: the counterpart of `loop.Loop`."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from merge_worker.engine.arithmetic.loop import NO_RANKS, keys_of, weights_of
from merge_worker.engine.arithmetic.ranks import RANKS, ranks_of
from merge_worker.engine.files.dtypes import CODES, ITEMSIZE
from merge_worker.engine.kernels.fill_kernel import MADE
from merge_worker.engine.method import Block, Merge, Prepared

from .device import Device, Lane
from .kernel import THREADS, Signature, cuda_kernel

_WIDTHS: Final = {code: ITEMSIZE[name] for name, code in CODES.items()}
"""Bytes per element, by the code of the type."""

Made = tuple[NDArray[np.uint8], NDArray[np.int64]]


class CudaLoop:
    """The kernel of a prepared formula with its arguments; any thread may call it."""

    def __init__(self, device: Device, merge: Merge, prepared: Prepared, dtype: str) -> None:
        """`dtype` is the element type to write, in safetensors' name."""
        self._device, self._merge, self._prepared = device, merge, prepared
        self._code, self._width = CODES[dtype], ITEMSIZE[dtype]
        formula, facts = prepared.formula, prepared.facts
        with device.errors():
            lane = device.lane()
            self._kernel = cuda_kernel(
                formula, merge.has_base, prepared.along, Signature.of(prepared), device.number
            )
            self._weights = lane.kept(weights_of(prepared))
            self._facts = tuple(lane.kept(fact) for fact in facts)
            self._keys = lane.kept(keys_of(merge, formula.drawn))
            lane.stream.synchronize()

    @property
    def whole_rows(self) -> bool:
        """Whether blocks must be whole rows."""
        return self._prepared.formula.ranked

    def __call__(self, block: Block) -> Made:
        """Return a block's values as bytes, and how many elements of each operand are not finite.

        The MADE counts, of the values, follow those. The bytes are valid until the same thread's
        next block.
        """
        ranks = self._ranks(block) if self.whole_rows else NO_RANKS
        with self._device.errors():
            return self._filled(block, ranks, self._device.lane())

    def _ranks(self, block: Block) -> NDArray[np.float32]:
        """The ranks, in pinned memory, since the device copies them too."""
        size = 4 * self._merge.count * block.size
        self._merge.crew.memory.bytes(RANKS, size, self._device.pinned)
        return ranks_of(self._merge, block)

    def _filled(self, block: Block, ranks: NDArray[np.float32], lane: Lane) -> Made:
        stream, size = lane.stream, block.size * self._width
        out = lane.room("out", (-(-size // 8) * 8,), np.uint8)
        nonfinite = np.zeros(len(block.codes) + MADE, np.int64)
        counts = lane.sent("nonfinite", nonfinite)
        arguments = (
            self._operands(block, lane),
            lane.sent("codes", block.codes),
            block.first,
            block.size,
            self._merge.shape[1],
            self._weights,
            self._facts,
            self._prepared.merge_facts,
            self._keys,
            lane.sent("ranks", ranks),
            out,
            self._code,
            counts,
        )
        with self._device.starting:
            self._kernel[-(-block.size // THREADS), THREADS, stream](*arguments)
        host = lane.host(size)
        out[:size].copy_to_host(host, stream=stream)
        counts.copy_to_host(nonfinite, stream=stream)
        stream.synchronize()
        return host, nonfinite

    def _operands(self, block: Block, lane: Lane) -> Any:
        """Start to copy the block to the device, without what its rows hold beyond it."""
        rows = lane.room("operands", block.raw.shape, np.uint8)
        for i, code in enumerate(block.codes):
            used = block.size * _WIDTHS[code]
            rows[i, :used].copy_to_device(block.raw[i, :used], stream=lane.stream)
        return rows
