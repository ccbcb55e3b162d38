"""Pairs of a key and a number, found by the key: sorted arrays, of which the small ones are joined.

So an addition moves few pairs, and a question looks into few arrays.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

KEY = 2**32 - 1
NUMBER_BITS = 31

Packed = NDArray[np.int64]
"""A pair in each number: the key above the number."""


def pair(key: int, number: int) -> int:
    """A pair in one number. Of the key the lower 32 bits count."""
    kept = key & KEY
    return kept << NUMBER_BITS | number


class Pairs:
    """Pairs that are only added. One thread at a time adds while others read."""

    def __init__(self, whole: Packed | None = None) -> None:
        self._parts: tuple[Packed, ...] = () if whole is None else (whole,)

    def whole(self) -> Packed:
        """All pairs, sorted."""
        return np.sort(np.concatenate((np.empty(0, np.int64), *self._parts)), kind="stable")

    def add(self, pairs: array[int]) -> None:
        """Add pairs; parts that are not at least twice as large as the next one are joined."""
        new = np.sort(np.array(pairs))
        parts = list(self._parts)
        while parts and len(parts[-1]) < 2 * len(new):
            new = np.sort(np.concatenate((parts.pop(), new)), kind="stable")
        self._parts = (*parts, new)

    def numbers(self, keys: Iterable[int]) -> NDArray[np.int64]:
        """The numbers that have any of some keys, each once, ascending."""
        wanted = np.array([pair(key, 0) for key in keys], np.int64)
        found = [np.empty(0, np.int64)]
        for part in self._parts:
            begins = np.searchsorted(part, wanted)
            ends = np.searchsorted(part, wanted + (1 << NUMBER_BITS))
            for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
                if end > begin:
                    found.append(part[begin:end] & (2**NUMBER_BITS - 1))
        return np.unique(np.concatenate(found))
