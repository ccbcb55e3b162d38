"""By how much two tensors of one type and shape differ, read from open files in blocks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from merge_worker.engine.errors import CheckpointError
from merge_worker.engine.files.dtypes import ITEMSIZE
from merge_worker.engine.files.header import Region

BLOCK: Final = 1 << 20
"""Bytes of each tensor that are compared at a time; a multiple of every element's size."""
BITS: Final = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}
VALUES: Final = {
    "F64": np.float64, "F32": np.float32, "F16": np.float16,
    "I64": np.int64, "I32": np.int32, "I16": np.int16, "I8": np.int8,
    "U64": np.uint64, "U32": np.uint32, "U16": np.uint16, "U8": np.uint8,
}  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """How many elements have other bits, and the largest difference of two finite values.

    `largest` is None if there are no two such values, or if NumPy lacks the type.
    """

    elements: int
    largest: float | None


def difference(ours: tuple[int, Region], theirs: tuple[int, Region]) -> Difference:
    """Compare two stored tensors; each is an open file and the place of the tensor in it.

    Raises:
        CheckpointError: one of them is cut short.
    """
    dtype, elements, largest = ours[1].dtype, 0, None
    for left, right in zip(_blocks(*ours), _blocks(*theirs), strict=True):
        bits = BITS[ITEMSIZE[dtype]]
        unequal = left.view(bits) != right.view(bits)
        count = int(np.count_nonzero(unequal))
        if count:
            elements += count
            found = _largest(_values(left, dtype, unequal), _values(right, dtype, unequal))
            largest = max((each for each in (largest, found) if each is not None), default=None)
    return Difference(elements, largest)


def _blocks(file: int, region: Region) -> Iterator[NDArray[np.uint8]]:
    for start in range(0, region.nbytes, BLOCK):
        block = np.empty(min(BLOCK, region.nbytes - start), np.uint8)
        if os.preadv(file, [block.data], region.offset + start) != block.nbytes:
            raise CheckpointError(f"{region.file} is cut short")
        yield block


def _values(
    block: NDArray[np.uint8], dtype: str, unequal: NDArray[np.bool_]
) -> NDArray[np.float64] | None:
    """The elements that differ as float64; None if NumPy lacks their type."""
    if dtype == "BF16":
        wide = block.view(np.uint16)[unequal].astype(np.uint32) << 16
        return _wide(wide.view(np.float32))
    kind: Any = VALUES.get(dtype)
    return None if kind is None else _wide(block.view(kind)[unequal])


def _wide(values: NDArray[Any]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):  # a signalling NaN
        return values.astype(np.float64)


def _largest(left: NDArray[np.float64] | None, right: NDArray[np.float64] | None) -> float | None:
    if left is None or right is None:
        return None
    finite = np.isfinite(left) & np.isfinite(right)
    if not finite.any():
        return None
    return float(np.max(np.abs(left[finite] - right[finite])))
