"""The models whose use grows fastest: the last days against as many days before."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lineage.memory.arrays import Integers
from lineage.memory.graph import Graph
from lineage.statistics import contributions
from lineage.statistics.selection import Selection


@dataclass(frozen=True)
class Riser:
    """A model, and how many children it got in the last days and in those before."""

    model: int
    recent: int
    before: int


def risers(graph: Graph, selection: Selection, until: int, days: int, limit: int) -> list[Riser]:
    """At most `limit` models that got more children than before, the fastest riser first.

    The last days end with `until`. Models that grew equally: the more used one first.
    """
    models, recent = _uses(graph, replace(selection, since=until - days + 1, until=until))
    earlier = _uses(graph, replace(selection, since=until - 2 * days + 1, until=until - days))
    before = _of(models, *earlier)
    growth = recent - before
    order = np.lexsort((models, -recent, -growth))[:limit]
    rising = order[growth[order] > 0]
    return [Riser(*each) for each in np.stack((models, recent, before), axis=1)[rising].tolist()]


def _uses(graph: Graph, selection: Selection) -> tuple[Integers, Integers]:
    """The models that have children in a selection, sorted, and how many."""
    edges = selection.among_first(graph, len(graph.edges.id))
    _, parents = contributions.parents(graph, edges)
    return np.unique(parents, return_counts=True)


def _of(models: Integers, counted: Integers, counts: Integers) -> Integers:
    """The counts of `models`, which are 0 for those that were not counted."""
    if not len(counted):
        return np.zeros(len(models), np.int64)
    place = np.minimum(np.searchsorted(counted, models), len(counted) - 1)
    return np.where(counted[place] == models, counts[place], 0)
