"""Breadth-first search, a level at a time: what all questions walk with."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from lineage.memory.arrays import NOTHING, Flags, Numbers, distinct, within
from lineage.memory.filters import EdgeFilter
from lineage.memory.graph import Graph
from lineage.memory.segments import Direction

FEW = 4096  # so many models a walk looks for among sorted numbers
MANY = 16  # sorting so large a part of all models takes longer than looking at each model


def marks(graph: Graph, models: Numbers) -> Flags:
    """Which of all models are in `models`, by number."""
    marked = np.zeros(graph.size, np.bool_)
    marked[models] = True
    return marked


def among_models(graph: Graph, models: Numbers) -> Callable[[Numbers], Flags]:
    """Says which of some models are among `models`."""
    if len(models) > FEW:
        marked = marks(graph, models)
        return lambda some: marked[some]
    ordered = np.sort(models)
    return lambda some: within(some, ordered)


class _Seen:
    """The models that a walk has reached: few are sorted numbers, many a flag for each model.

    A new array of flags takes long, since each page of memory that is used of it must be made.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._few: Numbers = NOTHING
        self._flags: Flags | None = None

    def add(self, level: Numbers) -> None:
        """Take in models, which are sorted and new."""
        if self._flags is None and len(self._few) + len(level) <= FEW:
            self._few = np.sort(np.concatenate((self._few, level)))
            return
        if self._flags is None:
            self._flags = np.zeros(self._size, np.bool_)
            self._flags[self._few] = True
        self._flags[level] = True

    def new(self, models: Numbers) -> Numbers:
        """Those of `models` that were not reached, each once and sorted."""
        if self._flags is not None:
            models = models[~self._flags[models]]
        if len(models) * MANY < self._size:
            once = distinct(models)
        else:
            marked = np.zeros(self._size, np.bool_)
            marked[models] = True
            once = np.flatnonzero(marked).astype(np.int32)
        return once if self._flags is not None else once[~within(once, self._few)]


def levels(
    graph: Graph, start: Numbers, direction: Direction, where: EdgeFilter | None = None
) -> Iterator[Numbers]:
    """The models at distance 0, 1, 2 … from `start`, each once and sorted by number."""
    level, seen = distinct(start), _Seen(graph.size)
    while len(level):
        seen.add(level)
        yield level
        ends = graph.ends(graph.expand(level, direction, where), direction)
        level = seen.new(ends)
