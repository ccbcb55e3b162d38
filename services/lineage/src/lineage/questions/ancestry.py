"""All ancestors of a model, or of several, with the distance of each and the shortest way to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lineage.memory.arrays import NOTHING, Numbers
from lineage.memory.filters import EdgeFilter
from lineage.memory.graph import Graph


@dataclass(frozen=True)
class Ancestry:
    """The model itself and its ancestors, nearest first.

    `via` is the place in `models` of the one through which each was reached first; the model's own
    for where the search began.
    """

    models: Numbers
    depths: Numbers
    via: Numbers

    def path(self, place: int) -> list[int]:
        """The numbers from the model to the ancestor at `place`."""
        path = [int(self.models[place])]
        while place != (place := int(self.via[place])):
            path.append(int(self.models[place]))
        return path[::-1]


def ancestry(graph: Graph, model: int, where: EdgeFilter | None = None) -> Ancestry:
    """The ancestry of a model, along the edges that the filter keeps."""
    return ancestry_of_all(graph, [model], where)


def ancestry_of_all(
    graph: Graph, starts: Sequence[int], where: EdgeFilter | None = None
) -> Ancestry:
    """The ancestry of several models at once; each of them is at the distance 0."""
    level, begin, depth = np.unique(np.array(starts, np.int32)), 0, 0
    seen = np.zeros(graph.size, np.bool_)
    models, depths, via = [NOTHING], [NOTHING], [np.arange(len(level), dtype=np.int32)]
    while len(level):
        seen[level] = True
        models.append(level)
        depths.append(np.full(len(level), depth, np.int32))
        level, came_from = _next(graph, level, seen, where)
        via.append(came_from + np.int32(begin))
        begin, depth = begin + len(models[-1]), depth + 1
    return Ancestry(np.concatenate(models), np.concatenate(depths), np.concatenate(via))


def _next(
    graph: Graph, level: Numbers, seen: np.ndarray, where: EdgeFilter | None
) -> tuple[Numbers, Numbers]:
    """The parents that were not seen, and for each the place in `level` of its smallest child."""
    edges = graph.expand(level, "ancestors", where)
    edges = edges[~seen[graph.edges.parent[edges]]]
    edges = edges[np.lexsort((graph.edges.child[edges], graph.edges.parent[edges]))]
    parents, at = np.unique(graph.edges.parent[edges], return_index=True)
    return parents, np.searchsorted(level, graph.edges.child[edges[at]]).astype(np.int32)
