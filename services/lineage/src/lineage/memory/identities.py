"""From a model's id to its number: a binary search among the sorted ids."""

from __future__ import annotations

from bisect import bisect_left
from uuid import UUID

import numpy as np

from lineage.memory.arrays import Halves, Numbers
from mergehub.columns.parts import Kept, Part, Parts

LOW = 2**64 - 1


class Identities:
    """Runs of numbers, each sorted by the first half of the model's id.

    An addition joins the runs that are not much longer than it; so there are few, and a model is
    sorted again only a few times. `added` returns another object: readers keep what they have.
    """

    def __init__(self, runs: tuple[Numbers, ...] = ()) -> None:
        self._runs = runs

    @classmethod
    def kept(cls, kept: Kept) -> Identities:
        """The runs of parts."""
        return cls(tuple(kept[str(at)].all for at in range(len(kept))))

    def parts(self) -> Parts:
        """All runs, for a file."""
        return {str(at): Part.of(run) for at, run in enumerate(self._runs)}

    def added(self, numbers: Numbers, high: Halves) -> Identities:
        """With more models; `high` has the first halves of all ids, by number."""
        runs = [*self._runs]
        while runs and len(runs[-1]) < 4 * len(numbers):
            numbers = np.concatenate([runs.pop(), numbers])
        ordered = numbers[np.argsort(high[numbers])]
        return Identities((*runs, ordered))

    def find(self, id: UUID, high: Halves, low: Halves) -> int | None:
        """The number of the model with this id."""
        first, second = id.int >> 64, id.int & LOW
        for run in self._runs:
            at = bisect_left(run, first, key=lambda number: int(high[number]))
            while at < len(run) and high[run[at]] == first:
                if low[run[at]] == second:
                    return int(run[at])
                at += 1
        return None
