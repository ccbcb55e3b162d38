"""Which entries have a key: a bitmap (Roaring) of their slots for each key.

Most keys are rare. One that a single entry has costs a number instead of a bitmap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from registry.search.bitmaps.arrays import bitmap

K = TypeVar("K")


class Postings(Generic[K]):
    """The slots of each key. One thread adds while others read; nothing is taken out."""

    def __init__(self) -> None:
        self._slots: dict[K, int | BitMap] = {}

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, key: K) -> bool:
        return key in self._slots

    def keys(self) -> Iterator[K]:
        """The keys, in the order in which they came."""
        return iter(list(self._slots))

    def add(self, key: K, slot: int) -> None:
        """Note that an entry has a key."""
        known = self._slots.get(key)
        if known is None:
            self._slots[key] = slot
        elif isinstance(known, BitMap):
            known.add(slot)
        elif known != slot:
            self._slots[key] = BitMap((known, slot))

    def merge(self, key: K, slots: BitMap) -> None:
        """Note that several entries have a key. The bitmap is the postings' own from now on."""
        known = self._slots.get(key)
        if isinstance(known, BitMap):
            known |= slots
        else:
            if known is not None:
                slots.add(known)
            self._slots[key] = slots

    def of(self, key: K) -> BitMap:
        """The slots of the entries that have a key. Not to be changed."""
        known = self._known(key)
        if isinstance(known, BitMap):
            return known
        return BitMap() if known is None else BitMap((known,))

    def count(self, key: K) -> int:
        """How many slots have a key."""
        known = self._slots.get(key)
        if isinstance(known, BitMap):
            return len(known)
        return 0 if known is None else 1

    def any_of(self, keys: Iterable[K]) -> BitMap:
        """The slots of the entries that have any of some keys."""
        known = [self._known(key) for key in keys]
        bitmaps = [each for each in known if isinstance(each, BitMap)]
        single = BitMap([each for each in known if isinstance(each, int)])
        return BitMap.union(single, *bitmaps)

    def _known(self, key: K) -> int | BitMap | None:
        return self._slots.get(key)


def add_pairs(postings: Postings[int], keys: NDArray[np.int64], slots: NDArray[np.uint32]) -> None:
    """Add many pairs of a key and a slot at once."""
    order = np.argsort(keys, kind="stable")
    keys, slots = keys[order], slots[order]
    begins = np.flatnonzero(np.diff(keys, prepend=-1))
    ends = np.append(begins[1:], len(keys)).tolist()
    for key, begin, end in zip(keys[begins].tolist(), begins.tolist(), ends, strict=True):
        if end - begin == 1:
            postings.add(key, int(slots[begin]))
        else:
            postings.merge(key, bitmap(slots[begin:end]))
