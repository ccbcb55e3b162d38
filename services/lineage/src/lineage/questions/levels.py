"""Breadth-first search, a level at a time: what all questions walk with."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lineage.memory.arrays import Flags, Numbers, distinct
from lineage.memory.filters import EdgeFilter
from lineage.memory.graph import Graph
from lineage.memory.segments import Direction

MANY = 16  # sorting so large a part of all models takes longer than looking at each model


def marks(graph: Graph, models: Numbers) -> Flags:
    """Which of all models are in `models`, by number."""
    marked = np.zeros(graph.size, np.bool_)
    marked[models] = True
    return marked


def levels(
    graph: Graph, start: Numbers, direction: Direction, where: EdgeFilter | None = None
) -> Iterator[Numbers]:
    """The models at distance 0, 1, 2 … from `start`, each once and sorted by number."""
    level, seen = distinct(start), np.zeros(graph.size, np.bool_)
    while len(level):
        seen[level] = True
        yield level
        ends = graph.ends(graph.expand(level, direction, where), direction)
        level = _each_once(graph, ends[~seen[ends]])


def _each_once(graph: Graph, models: Numbers) -> Numbers:
    if len(models) * MANY < graph.size:
        return distinct(models)
    return np.flatnonzero(marks(graph, models)).astype(np.int32)
