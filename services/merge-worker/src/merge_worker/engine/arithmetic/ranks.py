"""The rank of each element in its row by magnitude: packed, sorted by NumPy, unpacked."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from merge_worker.engine.kernels.fill_kernel import TILE
from merge_worker.engine.kernels.gather_kernels import decode_base, decode_difference
from merge_worker.engine.machine.compiled import kernel
from merge_worker.engine.method import Block, Operands

_MAGNITUDE = np.uint32(0x7FFFFFFF)
_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)

RANKS: Final = "ranks"
"""The use of the buffer that holds the ranks, among those of a thread."""


def ranks_of(operands: Operands, block: Block) -> NDArray[np.float32]:
    """The rank of each element in its row, from 0 for the smallest; of equals the first is highest.

    The block consists of whole rows.

    Returns:
        Float32 of shape (models, elements of the block), valid until the thread's next block.
    """
    columns, memory = operands.shape[1], operands.crew.memory
    out = memory.floats(RANKS, operands.count, block.size)
    keys = memory.bytes("sorted", 8 * block.size).view(np.uint64)
    scratch = memory.floats("tiles", 2, TILE)
    for i, ranks in enumerate(out, len(block.codes) - operands.count):
        has_base = operands.has_base
        pack(block.raw, block.codes, i, block.size, columns, has_base, scratch, keys)
        keys.reshape(-1, columns).sort(axis=1)
        unpack(keys, columns, ranks)
    return out


@kernel("u1[:,:], i8[:], i8, i8, i8, b1, f4[:,:], u8[:]")
def pack(
    raw: Any,
    codes: Any,
    i: int,
    size: int,
    columns: int,
    has_base: bool,
    scratch: Any,
    keys: Any,
) -> None:
    """Pack the bits of each magnitude of operand i above its place, counted from the row's end.

    Sorted, these keys are in order of magnitude, and equals are in reverse order.
    """
    base, row = scratch[0], scratch[1]
    bits = row.view(np.uint32)
    for first in range(0, size, columns):
        for start in range(first, first + columns, TILE):
            stop = min(start + TILE, first + columns)
            decode_base(raw, codes, has_base, start, stop, base)
            decode_difference(raw, codes, i, start, stop, base, row)
            packed = keys[start:stop]
            from_end = np.uint64(first + columns - 1 - start)
            for j in range(stop - start):
                magnitude = np.uint64(bits[j] & _MAGNITUDE)
                packed[j] = (magnitude << _32) | (from_end - np.uint64(j))


@kernel("u8[:], i8, f4[:]")
def unpack(keys: Any, columns: int, ranks: Any) -> None:
    """Write the place of each element in its sorted row into `ranks`."""
    for first in range(0, len(keys), columns):
        last = first + columns - 1
        for j in range(columns):
            ranks[last - np.int64(keys[first + j] & _LOW)] = j
