"""The kinds of arrays that the facts in memory are made of."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]
"""Indexes of models or variants."""
Integers = NDArray[np.int64]
Values = NDArray[np.float64]
"""NaN: unknown."""
Shares = NDArray[np.float32]
Counts = NDArray[np.int32]
Days = NDArray[np.int32]
"""Days since 1970; -1: unknown."""
Codes8 = NDArray[np.uint8]
Codes16 = NDArray[np.uint16]
"""Codes of texts in the vocabulary; 0: unknown."""
Flags = NDArray[np.bool_]

NOTHING: Numbers = np.empty(0, np.int32)


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """The array, which nobody can write to any more."""
    array.flags.writeable = False
    return array


class Positions:
    """Where the row of each id is in the columns."""

    def __init__(self) -> None:
        self._by_id = NOTHING

    def of(self, ids: Integers) -> Numbers:
        """The position of each id; -1 where it is unknown."""
        found = np.full(len(ids), -1, np.int32)
        inside = ids < len(self._by_id)
        found[inside] = self._by_id[ids[inside]]
        return found

    def put(self, ids: Integers, positions: Numbers) -> None:
        """Set the positions of ids."""
        if not len(ids):
            return
        size = int(ids.max()) + 1
        if size > len(self._by_id):
            larger = np.full(max(size, len(self._by_id) * 5 // 4), -1, np.int32)
            larger[: len(self._by_id)] = self._by_id
            self._by_id = larger
        self._by_id[ids] = positions
