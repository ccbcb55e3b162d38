"""The direct parents or children of a model, most important first, with counts by relation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lineage.memory.arrays import Codes8, Numbers, begins, order_of
from lineage.memory.columns import RELATIONS
from lineage.memory.filters import EdgeFilter
from lineage.memory.graph import Graph
from lineage.memory.segments import Direction

Importance = tuple[int, int]
"""How many children a model has, negative so that many come first, and the model's number."""
FROM_FIRST: Importance = (-(2**31), 0)
PIECE = 500  # names that are searched at a time


@dataclass(frozen=True)
class Neighbours:
    """A model's neighbours in one direction, most important first.

    - `edges`: the most certain edge to each.
    - `counts`: how many models there are of each relation.
    """

    models: Numbers
    edges: Numbers
    counts: dict[str, int]

    def from_place(self, graph: Graph, after: Importance, q: str | None) -> Iterator[int]:
        """The positions of the neighbours after a place whose name contains `q`, in any case."""
        children = graph.models.children_count[self.models]
        later = np.flatnonzero(
            (-children > after[0]) | ((-children == after[0]) & (self.models > after[1]))
        )
        sought = q.lower() if q else ""
        for begin in range(0, len(later), PIECE):
            positions = later[begin : begin + PIECE]
            names = graph.names_of(self.models[positions]) if sought else [""] * len(positions)
            for position, name in zip(positions.tolist(), names, strict=True):
                if sought in name.lower():
                    yield position


def neighbours(
    graph: Graph, model: int, direction: Direction, where: EdgeFilter | None = None
) -> Neighbours:
    """The parents (`ancestors`) or the children (`descendants`) of a model."""
    edges = graph.expand(np.array([model], np.int32), direction, where)
    models = graph.ends(edges, direction)
    order = order_of(models)  # they lie in this order already, but for later changes
    edges, models = edges[order], models[order]
    counts = _counts(models, graph.edges.relation[edges])
    edges = _most_certain(graph, edges, models)
    models = graph.ends(edges, direction)
    important = _important_first(graph, models)
    return Neighbours(models[important], edges[important], counts)


def _counts(models: Numbers, relations: Codes8) -> dict[str, int]:
    """How many models there are of each relation; one with edges of two relations is in both."""
    counts = {
        name: int(np.count_nonzero(begins(models[relations == code])))
        for code, name in enumerate(RELATIONS)
    }
    return {name: count for name, count in counts.items() if count}


def _most_certain(graph: Graph, edges: Numbers, models: Numbers) -> Numbers:
    """Of the edges to each model the most certain, and of equal ones the newest."""
    first = np.flatnonzero(begins(models))
    if len(first) == len(edges):
        return edges
    certain = graph.edges.confidence[edges].astype(np.int64) << 56 | graph.edges.id[edges]
    best = np.maximum.reduceat(certain, first)
    kept: Numbers = edges[certain == np.repeat(best, np.diff(first, append=len(edges)))]
    return kept


def _important_first(graph: Graph, models: Numbers) -> Numbers:
    """The order of models by their number of children; most have none and need no sorting."""
    children = graph.models.children_count[models]
    some = np.flatnonzero(children)
    some = some[np.argsort(-children[some], kind="stable")]
    return np.concatenate([some, np.flatnonzero(children == 0)]).astype(np.int32)
