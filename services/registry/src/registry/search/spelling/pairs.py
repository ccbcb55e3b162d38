"""Pairs of a key and a number, found by the key: sorted arrays, of which the small ones are joined.

So an addition moves few pairs, and a question looks into few arrays.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NUMBER_BITS = 31

Packed = NDArray[np.int64]
"""A pair in each number: the key above the number."""


def pairs(keys: Packed, numbers: Packed) -> Packed:
    """Pairs of keys of 32 bits and numbers, sorted; one number may stand for a row of keys."""
    packed = np.sort(keys << NUMBER_BITS | numbers, axis=None)
    return packed[np.diff(packed, prepend=-1) > 0]  # np.unique takes twice as long


class Pairs:
    """Pairs that are only added. One thread at a time adds while others read."""

    def __init__(self, whole: Packed | None = None) -> None:
        self._parts: tuple[Packed, ...] = () if whole is None else (whole,)

    def whole(self) -> Packed:
        """All pairs, sorted."""
        return np.sort(np.concatenate((np.empty(0, np.int64), *self._parts)), kind="stable")

    def add(self, new: Packed) -> None:
        """Add sorted pairs; parts not at least twice as large as the next one are joined."""
        parts = list(self._parts)
        while parts and len(parts[-1]) < 2 * len(new):
            new = np.sort(np.concatenate((parts.pop(), new)), kind="stable")
        self._parts = (*parts, new)

    def numbers(self, keys: Packed) -> NDArray[np.int64]:
        """The numbers that have any of some keys, each once, ascending."""
        wanted = keys << NUMBER_BITS
        found = [np.empty(0, np.int64)]
        for part in self._parts:
            begins = np.searchsorted(part, wanted)
            ends = np.searchsorted(part, wanted + (1 << NUMBER_BITS))
            for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
                if end > begin:
                    found.append(part[begin:end] & (2**NUMBER_BITS - 1))
        return np.unique(np.concatenate(found))
