"""The models whose use grows fastest: the last days against as many days before."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from heapq import nsmallest

from lineage.memory.graph import Graph
from lineage.statistics import contributions
from lineage.statistics.selection import Selection


@dataclass(frozen=True)
class Riser:
    """A model, and how many children it got in the last days and in those before."""

    model: int
    recent: int
    before: int

    @property
    def growth(self) -> int:
        return self.recent - self.before


def risers(graph: Graph, selection: Selection, until: int, days: int, limit: int) -> list[Riser]:
    """At most `limit` models that got more children than before, the fastest riser first.

    The last days end with `until`. Models that grew equally: the more used one first.
    """
    recent = _uses(graph, replace(selection, since=until - days + 1, until=until))
    before = _uses(graph, replace(selection, since=until - 2 * days + 1, until=until - days))
    found = (Riser(model, count, before[model]) for model, count in recent.items())
    rising = (each for each in found if each.growth > 0)
    return nsmallest(limit, rising, key=lambda each: (-each.growth, -each.recent, each.model))


def _uses(graph: Graph, selection: Selection) -> Counter[int]:
    edges = selection.among_first(graph, len(graph.edges.id))
    _, parents = contributions.parents(graph, edges)
    return Counter(parents.tolist())
