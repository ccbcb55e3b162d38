"""Rankings that follow the graph: the parents that are used most, alone or in pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from lineage.memory.arrays import Integers, Numbers
from lineage.memory.graph import Graph
from lineage.statistics import contributions, top
from lineage.statistics.counting import (
    Bound,
    Contribute,
    Following,
    Recount,
    TopCounts,
    tallied,
)
from lineage.statistics.selection import Selection
from lineage.statistics.top import Top

Ranking = list[tuple[int, int]]
"""Keys with their counts, the largest first."""
LOW = 2**32 - 1


class Ranked:
    """The ranking of a selection."""

    def __init__(
        self,
        selection: Selection,
        contribute: Contribute,
        largest: Callable[[Graph, Numbers], Top],
        recount: Recount,
        bound: Bound,
    ) -> None:
        def first(graph: Graph, edges: Numbers) -> TopCounts:
            return TopCounts(selection, recount, bound, largest(graph, edges))

        self._following = Following(selection, contribute, first)

    def largest(self, graph: Graph, limit: int) -> Ranking:
        """At most `limit` keys with their counts, the largest first and then the smallest key."""
        return self._following.ask(graph, lambda counts: counts.top.largest(limit))


def ends_of(pair: int) -> tuple[int, int]:
    """The two parents of a pair's key."""
    return pair >> 32, pair & LOW


def _most_used(graph: Graph, edges: Numbers) -> Top:
    """The parents with most children, by these edges."""
    return Top(*tallied(contributions.parents(graph, edges)))


def _most_used_together(graph: Graph, edges: Numbers) -> Top:
    """The pairs of parents with most children, by these edges.

    A pair has no more children than either parent. So it takes little time and memory to count the
    pairs of the most used parents first: then only parents that are used as often as the last of
    those pairs can be in another one that is as large.
    """
    uses = np.bincount(graph.edges.parent[edges])
    least = int(np.sort(uses)[-top.KEPT :][0]) if len(uses) else 0
    first = _together(graph, edges, uses, least)
    return first if first.floor >= least else _together(graph, edges, uses, first.floor)


def _together(graph: Graph, edges: Numbers, uses: Integers, least: int) -> Top:
    """The pairs of parents that are used so often at least."""
    edges = edges[uses[graph.edges.parent[edges]] >= least]
    return Top(*tallied(contributions.pairs(graph, edges)))


def _uses_of(graph: Graph, selection: Selection, parents: list[int]) -> Mapping[int, int]:
    """How many children each parent has in a selection."""
    edges = graph.expand(np.array(parents, np.int32), "descendants")
    _, keys = contributions.parents(graph, selection.among(graph, edges))
    return Counter(keys.tolist())


def _most_uses(graph: Graph, parents: list[int]) -> Integers:
    return graph.degrees(np.array(parents, np.int32), "descendants").astype(np.int64)


def _joint_uses_of(graph: Graph, selection: Selection, pairs: list[int]) -> Mapping[int, int]:
    """How many children have both parents of each pair in a selection."""
    return {pair: _joint_uses(graph, selection, *ends_of(pair)) for pair in pairs}


def _joint_uses(graph: Graph, selection: Selection, one: int, other: int) -> int:
    """Look through the children of the parent that has fewer."""
    ends = np.array([one, other], np.int32)
    if np.diff(graph.degrees(ends, "descendants"))[0] < 0:
        ends = ends[::-1]
    children = _children_in(graph, selection, ends[:1])
    edges = selection.among(graph, graph.expand(children, "ancestors"))
    both = edges[graph.edges.parent[edges] == ends[1]]
    return len(np.unique(graph.edges.child[both]))


def _children_in(graph: Graph, selection: Selection, parent: Numbers) -> Numbers:
    edges = selection.among(graph, graph.expand(parent, "descendants"))
    return np.unique(graph.edges.child[edges])


def _most_joint_uses(graph: Graph, pairs: list[int]) -> Integers:
    ends = np.array([ends_of(pair) for pair in pairs], np.int32).ravel()
    degrees = graph.degrees(ends, "descendants").reshape(-1, 2)
    least: Integers = degrees.min(axis=1).astype(np.int64)
    return least


Uses = partial(
    Ranked,
    contribute=contributions.parents,
    largest=_most_used,
    recount=_uses_of,
    bound=_most_uses,
)
"""Ranks parents by the number of their children."""
Pairs = partial(
    Ranked,
    contribute=contributions.pairs,
    largest=_most_used_together,
    recount=_joint_uses_of,
    bound=_most_joint_uses,
)
"""Ranks pairs of parents by the number of children that have both."""
