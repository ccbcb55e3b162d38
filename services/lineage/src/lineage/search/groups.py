"""Which groups of 32 names have a trigram: a compressed bitmap (Roaring) for each trigram.

They say at once that a trigram is rare, which signatures do not. What was renamed stays in them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable

import numpy as np
from pyroaring import BitMap

from lineage.memory.arrays import Integers, begins
from lineage.search.signatures import WORD
from lineage.search.trigrams import KEY_BITS, Keys

NAMES = WORD
"""So many names are a group: a word of a row of signatures."""
GROUP_BITS = np.uint32(32 - KEY_BITS)
MOST = NAMES << int(GROUP_BITS)


class Groups:
    """The groups of names by trigram. One thread writes while others read."""

    def __init__(self) -> None:
        self._groups: dict[int, BitMap] = {}

    def write(self, begin: int, rows: Integers, keys: Keys) -> None:
        """Add at most MOST names from `begin` on, a multiple of 32.

        A row among these has each key.
        """
        pairs = np.sort(keys << GROUP_BITS | (rows // NAMES).astype(np.uint32))
        pairs = pairs[begins(pairs)]
        found = (pairs & np.uint32((1 << GROUP_BITS) - 1)) + np.uint32(begin // NAMES)
        keys = pairs >> GROUP_BITS
        first = np.flatnonzero(begins(keys))
        stops = [*first[1:].tolist(), len(keys)]
        groups = array("I", found.tobytes())  # a bitmap takes NumPy's numbers one by one
        for key, start, stop in zip(keys[first].tolist(), first.tolist(), stops, strict=True):
            if key in self._groups:
                self._groups[key].update(groups[start:stop])
            else:
                self._groups[key] = BitMap(groups[start:stop])

    def candidates(self, keys: Iterable[int], size: int) -> Integers:
        """The groups, of those of the first `size` names, that may have all keys."""
        count = -(-size // NAMES)
        bitmaps = [self._groups.get(key) for key in set(keys)]
        if not bitmaps:
            return np.arange(count)
        if not all(bitmaps):
            return np.empty(0, np.int64)
        shared = BitMap.intersection(*(each for each in bitmaps if each))
        groups = np.array(shared.to_array(), np.int64) if shared else np.empty(0, np.int64)
        return groups[groups < count]
