"""Which models come from which, in sparse rows, and the walks over them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from leaderboard.memory.arrays import Codes8, Codes16, Flags, Integers, Numbers, Shares

RELATIONS = ("unknown", "merge", "finetune", "adapter", "quantized", "distilled")
ROLES = ("base", "ingredient")
MERGE, BASE, INGREDIENT = RELATIONS.index("merge"), 0, 1
LOW = 0xFFFFFFFF
FEW = 16
"""Of so many models, one is few."""
OF_EDGES = ("child", "child_and_root")
"""What a model without parents and children adds nothing to."""


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

    def beside(self, size: int) -> Parents:
        """The same parents where there are so many models; the new ones have none."""
        new = np.arange(len(self.starts) - 1, size, dtype=np.int32)
        none = np.full(len(new), len(self.model), np.int32)
        later = replace(self, starts=np.concatenate([self.starts, none]))
        known = self.__dict__
        if "children" in known:
            starts, children = self.children
            later.__dict__["children"] = np.concatenate([starts, none]), children
        if "roots" in known:
            starts, roots = self.roots
            ends = len(roots) + np.arange(1, len(new) + 1, dtype=np.int32)
            found = np.concatenate([starts, ends]), np.concatenate([roots, new])
            later.__dict__["roots"] = found
        later.__dict__.update({name: known[name] for name in OF_EDGES if name in known})
        return later

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

    def descendants(self, *models: int) -> Flags:
        """Which models have one of `models` among their ancestors; a model is not its own one."""
        starts, children = self.children
        reached = np.zeros(len(starts) - 1, np.bool_)
        fresh = np.array(models, np.int32)
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
        every = np.arange(len(self.starts) - 1, dtype=np.int32)
        return self._sparse(self._with_roots(every))

    def learn_roots(self, before: Parents, children: Numbers) -> None:
        """Take the roots from before these children got other parents, if they are known."""
        if "roots" not in before.__dict__:
            return
        anew = self.descendants(*children.tolist())
        anew[children] = True
        if np.count_nonzero(anew) > len(anew) // FEW:
            return
        starts, roots = before.roots
        model = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        same = ~anew[model]
        pairs = self._with_roots(np.flatnonzero(anew).astype(np.int32))
        every = np.concatenate([model[same] << 32 | roots[same], pairs])
        self.__dict__["roots"] = self._sparse(np.sort(every, kind="stable"))

    def _with_roots(self, models: Numbers) -> Integers:
        """The sorted pairs of each of these models and a root of it."""
        has = np.diff(self.starts) > 0
        alone = models[~has[models]].astype(np.int64)
        own = models.astype(np.int64) << 32 | models
        fresh = self._one_step_up(own[has[models]])
        seen = fresh
        while len(fresh):
            inner = fresh[has[fresh & LOW]]
            fresh = np.setdiff1d(self._one_step_up(inner), seen, assume_unique=True)
            seen = np.union1d(seen, fresh)  # parents that were reported in a circle end as well
        return np.union1d(seen[~has[seen & LOW]], alone << 32 | alone)

    def _sparse(self, pairs: Integers) -> tuple[Numbers, Numbers]:
        """Sorted pairs in sparse rows: starts, and the second of each."""
        starts = np.searchsorted(pairs >> 32, np.arange(len(self.starts))).astype(np.int32)
        return starts, (pairs & LOW).astype(np.int32)

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
