"""The largest counts, kept while counts grow."""

from __future__ import annotations

import heapq
from collections.abc import Mapping

import numpy as np

from lineage.memory.arrays import Integers

KEPT = 1000
"""So many keys are kept at least, if there are as many: more than a caller may ask for."""


class Top:
    """The keys with the largest counts; of equal ones, the smallest keys.

    A key that is not kept has a count of `floor` at most. So it need only be counted again when it
    is added to and may have more by now.
    """

    def __init__(self, keys: Integers, counts: Integers) -> None:
        self.floor = 0
        if len(keys) > KEPT:
            kept = _largest(keys, counts, KEPT)
            keys, counts = keys[kept], counts[kept]
            self.floor = int(counts.min())
        self._counts = dict(zip(keys.tolist(), counts.tolist(), strict=True))

    def __contains__(self, key: int) -> bool:
        return key in self._counts

    def raise_by(self, added: Mapping[int, int]) -> None:
        """Add to the counts of keys that are kept."""
        for key, count in added.items():
            self._counts[key] += count

    def put(self, counted: Mapping[int, int]) -> None:
        """Take in keys with their counts, if they are large enough."""
        self._counts.update((key, n) for key, n in counted.items() if n >= max(self.floor, 1))

    def largest(self, limit: int) -> list[tuple[int, int]]:
        """At most `limit` keys with their counts, the largest first."""
        return heapq.nsmallest(limit, self._counts.items(), key=lambda each: (-each[1], each[0]))


def _largest(keys: Integers, counts: Integers, limit: int) -> Integers:
    """The positions of the largest counts; of equal ones, of the smallest keys."""
    least = np.sort(counts)[-limit]
    above = np.flatnonzero(counts > least)
    equal = np.flatnonzero(counts == least)
    return np.concatenate((above, equal[np.argsort(keys[equal])][: limit - len(above)]))
