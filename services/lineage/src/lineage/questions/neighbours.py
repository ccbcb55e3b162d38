"""The direct parents or children of a model, most important first, with counts by relation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lineage.memory.arrays import Numbers
from lineage.memory.columns import RELATIONS
from lineage.memory.filters import EdgeFilter
from lineage.memory.graph import Graph
from lineage.memory.segments import Direction

Importance = tuple[int, int]
"""How many children a model has, negative so that many come first, and the model's number."""
FROM_FIRST: Importance = (-(2**31), 0)


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
        for position in later.tolist():
            if not sought or sought in graph.name(int(self.models[position])).lower():
                yield position


def neighbours(
    graph: Graph, model: int, direction: Direction, where: EdgeFilter | None = None
) -> Neighbours:
    """The parents (`ancestors`) or the children (`descendants`) of a model."""
    edges = graph.expand(np.array([model], np.int32), direction, where)
    models, columns = graph.ends(edges, direction), graph.edges
    certain = columns.confidence[edges].astype(np.int16)
    order = np.lexsort((-columns.id[edges], -certain, models))
    edges, models = edges[order], models[order]
    first = np.ones(len(models), np.bool_)
    first[1:] = models[1:] != models[:-1]
    counts = _counts(models, columns.relation[edges])
    edges, models = edges[first], models[first]
    important = np.argsort(-graph.models.children_count[models], kind="stable")
    return Neighbours(models[important], edges[important], counts)


def _counts(models: Numbers, relations: np.ndarray) -> dict[str, int]:
    """How many models there are of each relation; one with edges of two relations is in both."""
    kinds = np.int64(len(RELATIONS))
    distinct = np.unique(models * kinds + relations) % kinds
    counts = np.bincount(distinct, minlength=len(RELATIONS))
    return {name: int(n) for name, n in zip(RELATIONS, counts, strict=True) if n}
