"""Which groups of 32 names have a trigram: a compressed bitmap (Roaring) for each trigram.

They say at once that a trigram is rare, which signatures do not. What was renamed stays in them.
Those of a file are frozen; what is added lies beside them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable

import numpy as np
from pyroaring import BitMap

from lineage.memory.arrays import Integers, begins
from lineage.search.signatures import WORD
from lineage.search.trigrams import KEY_BITS, Keys
from mergehub.columns.frozen import NOTHING, Frozen
from mergehub.columns.parts import Parts

NAMES = WORD
"""So many names are a group: a word of a row of signatures."""
GROUP_BITS = np.uint32(32 - KEY_BITS)
MOST = NAMES << int(GROUP_BITS)


class Groups:
    """The groups of names by trigram. One thread writes while others read."""

    def __init__(self, frozen: Frozen = NOTHING) -> None:
        self._frozen = frozen
        self._added: dict[int, BitMap] = {}

    def parts(self) -> Parts:
        """All bitmaps for a file, from which `Frozen` takes them."""
        added = ((key, self._of(key)) for key in self._added)
        return self._frozen.joined({key: each for key, each in added if each is not None})

    def write(self, begin: int, rows: Integers, keys: Keys) -> None:
        """Add at most MOST names from `begin` on, a multiple of 32.

        A row among these has each key. There is none if the numbers of all these models were given
        up.
        """
        if not len(keys):
            return
        pairs = np.sort(keys << GROUP_BITS | (rows // NAMES).astype(np.uint32))
        pairs = pairs[begins(pairs)]
        found = (pairs & np.uint32((1 << GROUP_BITS) - 1)) + np.uint32(begin // NAMES)
        keys = pairs >> GROUP_BITS
        first = np.flatnonzero(begins(keys))
        stops = [*first[1:].tolist(), len(keys)]
        groups = array("I", found.tobytes())  # a bitmap takes NumPy's numbers one by one
        for key, start, stop in zip(keys[first].tolist(), first.tolist(), stops, strict=True):
            if key in self._added:
                self._added[key].update(groups[start:stop])
            else:
                self._added[key] = BitMap(groups[start:stop])

    def candidates(self, keys: Iterable[int], size: int) -> Integers:
        """The groups, of those of the first `size` names, that may have all keys."""
        count = -(-size // NAMES)
        bitmaps = [self._of(key) for key in set(keys)]
        if not bitmaps:
            return np.arange(count)
        if not all(bitmaps):
            return np.empty(0, np.int64)
        shared = BitMap.intersection(*(each for each in bitmaps if each))
        groups = np.array(shared.to_array(), np.int64) if shared else np.empty(0, np.int64)
        return groups[groups < count]

    def _of(self, key: int) -> BitMap | None:
        frozen, added = self._frozen.of(key), self._added.get(key)
        if frozen is None or added is None:
            return added if frozen is None else frozen
        return frozen | added
