"""The direct parents or children of a model, most important first, with counts by relation."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from lineage.memory.arrays import Codes8, Flags, Numbers, begins, order_of, pairs
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
        places = range(len(self.models))
        later = places[bisect_right(places, after, key=partial(self.place, graph)) :]
        if not q:
            yield from later
            return
        sought = q.lower()
        for begin in range(later.start, later.stop, PIECE):
            names = graph.names_of(self.models[begin : begin + PIECE])
            yield from (at for at, name in enumerate(names, begin) if sought in name.lower())

    def place(self, graph: Graph, position: int) -> Importance:
        """The place of the neighbour at a position."""
        model = int(self.models[position])
        return -int(graph.models.children_count[model]), model


def neighbours(
    graph: Graph, model: int, direction: Direction, where: EdgeFilter | None = None
) -> Neighbours:
    """The parents (`ancestors`) or the children (`descendants`) of a model."""
    edges = graph.expand(np.array([model], np.int32), direction, where)
    models = graph.ends(edges, direction)
    if np.any(models[1:] < models[:-1]):  # they lie in order, but for later changes
        order = order_of(models)
        edges, models = edges[order], models[order]
    first = begins(models)
    single = first.copy()
    single[:-1] &= first[1:]  # no other edge leads to the same model
    counts = _counts(models, graph.edges.relation[edges], single)
    if not single.all():
        edges = _most_certain(graph, edges, first, single)
        models = graph.ends(edges, direction)
    important = _important_first(graph, models)
    return Neighbours(models[important], edges[important], counts)


def _counts(models: Numbers, relations: Codes8, single: Flags) -> dict[str, int]:
    """How many models there are of each relation; one with edges of two relations is in both."""
    counts = np.bincount(relations[single], minlength=len(RELATIONS))
    several = pairs(models[~single], relations[~single])
    several.sort()
    counts += np.bincount(several[begins(several)] & 0xFF, minlength=len(RELATIONS))
    rows = zip(RELATIONS, counts.tolist(), strict=True)
    return {name: count for name, count in rows if count}


def _most_certain(graph: Graph, edges: Numbers, first: Flags, single: Flags) -> Numbers:
    """Of the edges to each model the most certain, and of equal ones the newest."""
    several = edges[~single]
    certain = graph.edges.confidence[several].astype(np.int64) << 56 | graph.edges.id[several]
    begin = np.flatnonzero(first[~single])
    best = np.maximum.reduceat(certain, begin)
    kept = single.copy()
    kept[~single] = certain == np.repeat(best, np.diff(begin, append=len(several)))
    chosen: Numbers = edges[kept]
    return chosen


def _important_first(graph: Graph, models: Numbers) -> Numbers:
    """The order of models by their number of children; most have none and need no sorting."""
    children = graph.models.children_count[models]
    some = np.flatnonzero(children)
    some = some[np.argsort(-children[some], kind="stable")]
    return np.concatenate([some, np.flatnonzero(children == 0)]).astype(np.int32)
