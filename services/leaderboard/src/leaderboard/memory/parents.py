"""Which models come from which, in sparse rows, and the walks over them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from leaderboard.memory.arrays import Codes8, Codes16, Flags, Integers, Numbers, Shares

RELATIONS = ("unknown", "merge", "finetune", "adapter", "quantized", "distilled")
ROLES = ("base", "ingredient")
MERGE, BASE, INGREDIENT = RELATIONS.index("merge"), 0, 1
LOW = 0xFFFFFFFF


@dataclass(frozen=True, eq=False)
class Parents:
    """The parents of each model: those of model `m` lie from `starts[m]` up to `starts[m + 1]`.

    A parent has a row for each role. `weight` is NaN if unknown.
    """

    starts: Numbers
    model: Numbers
    role: Codes8
    relation: Codes8
    method: Codes16
    weight: Shares

    def of(self, model: int) -> slice:
        """The rows of a model's parents."""
        return slice(int(self.starts[model]), int(self.starts[model + 1]))

    @cached_property
    def child(self) -> Numbers:
        """The model that each row is a parent of."""
        every = np.arange(len(self.starts) - 1, dtype=np.int32)
        return np.repeat(every, np.diff(self.starts))

    @cached_property
    def children(self) -> tuple[Numbers, Numbers]:
        """The children of each model, in sparse rows: starts, and models."""
        order = np.argsort(self.model, kind="stable")
        every = np.arange(len(self.starts))
        starts = np.searchsorted(self.model[order], every).astype(np.int32)
        return starts, self.child[order]

    def descendants(self, model: int) -> Flags:
        """Which models have `model` among their ancestors; itself is not one of them."""
        starts, children = self.children
        reached = np.zeros(len(starts) - 1, np.bool_)
        fresh = np.array([model], np.int32)
        while len(fresh):
            found = np.zeros_like(reached)
            found[children[_rows_of(starts, fresh)]] = True
            found &= ~reached
            reached |= found
            fresh = np.flatnonzero(found).astype(np.int32)
        return reached

    @cached_property
    def roots(self) -> tuple[Numbers, Numbers]:
        """The ancestors without parents of each model, in sparse rows: starts, and models.

        A model without parents is its own root.
        """
        size = len(self.starts) - 1
        has = np.diff(self.starts) > 0
        alone = np.flatnonzero(~has).astype(np.int64)
        fresh = np.unique(self.child.astype(np.int64) << 32 | self.model)
        seen = fresh
        while len(fresh):
            inner = fresh[has[fresh & LOW]]
            fresh = np.setdiff1d(self._one_step_up(inner), seen, assume_unique=True)
            seen = np.union1d(seen, fresh)  # parents that were reported in a circle end as well
        found = np.union1d(seen[~has[seen & LOW]], alone << 32 | alone)
        starts = np.searchsorted(found >> 32, np.arange(size + 1)).astype(np.int32)
        return starts, (found & LOW).astype(np.int32)

    @cached_property
    def child_and_root(self) -> tuple[Numbers, Numbers]:
        """The pairs of a model and a root of it, without those of a model and itself."""
        starts, roots = self.roots
        child = np.repeat(np.arange(len(starts) - 1, dtype=np.int32), np.diff(starts))
        others = child != roots
        return child[others], roots[others]

    def _one_step_up(self, pairs: Integers) -> Integers:
        """Each pair of a model and an ancestor, with the ancestor's parents in its place."""
        ancestor = (pairs & LOW).astype(np.int32)
        counts = self.starts[ancestor + 1] - self.starts[ancestor]
        rows = _rows_of(self.starts, ancestor)
        return np.unique(np.repeat(pairs & ~LOW, counts) | self.model[rows])


def _rows_of(starts: Numbers, some: Numbers) -> Integers:
    """The sparse rows of some models, one after the other."""
    counts = starts[some + 1] - starts[some]
    before = np.cumsum(counts) - counts
    return np.repeat(starts[some] - before, counts) + np.arange(counts.sum())
