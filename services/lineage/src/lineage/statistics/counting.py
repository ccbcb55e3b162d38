"""Counts that are kept, and that follow the graph as it grows.

What a statistic counts is a sum over children: each child contributes a few keys, such as its
parents, each once. New edges mostly add keys. So a kept count takes in what the children of new
edges contribute now and did not contribute before; only the first count looks at all edges. But a
new edge may change the kind of a model: if it is not counted any more, all is counted anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Generic, Protocol, TypeVar
from weakref import ref

import numpy as np

from lineage.memory.arrays import Integers, Numbers, begins, distinct
from lineage.memory.graph import Graph
from lineage.memory.names import Names
from lineage.statistics.selection import Selection
from lineage.statistics.top import Top

Contributed = tuple[Numbers, Integers]
Contribute = Callable[[Graph, Numbers], Contributed]
"""The keys that children contribute by some edges, with the children; each pair once."""
Recount = Callable[[Graph, Selection, list[int]], Mapping[int, int]]
"""Counts a few keys anew, by the edges of a selection."""
Bound = Callable[[Graph, list[int]], Integers]
"""Numbers that the counts of some keys cannot exceed."""


class Counts(Protocol):
    """Counts of keys, which `add` raises."""

    def add(self, graph: Graph, added: Mapping[int, int]) -> None: ...


C = TypeVar("C", bound=Counts)
First = Callable[[Graph, Numbers], C]
"""Counts what some edges contribute."""
Answer = TypeVar("Answer")


class Following(Generic[C]):
    """Keeps the counts of one selection, as of the newest graph that was asked about."""

    def __init__(
        self,
        selection: Selection,
        contribute: Contribute,
        first: First[C],
    ) -> None:
        self._selection = selection
        self._contribute = contribute
        self._first = first
        self._lock = Lock()
        self._length = 0
        self._revision = 0
        self._load: ref[Names] | None = None
        self._counts: C | None = None

    def ask(self, graph: Graph, question: Callable[[C], Answer]) -> Answer:
        """Count what is new in a graph, then ask a question about the counts."""
        with self._lock:
            if self._counts is None or self._is_outdated(graph):
                counts = self._count(graph, graph.segments[0].end if graph.segments else 0)
            else:
                counts = self._counts
            self._counts = counts = self._followed(graph, counts)
            return question(counts)

    def _followed(self, graph: Graph, counts: C) -> C:
        """The counts with those of new edges; counted anew if a model is of another kind now."""
        if len(graph.edges.id) <= self._length:
            return counts
        added = self._added(graph)
        if added is None:
            return self._count(graph, len(graph.edges.id))
        counts.add(graph, added)
        self._length = len(graph.edges.id)
        return counts

    def _is_outdated(self, graph: Graph) -> bool:
        """Whether edges that were counted have changed, or the graph was loaded anew."""
        another = self._load is None or self._load() is not graph.names
        return another or self._selection.revision(graph) > self._revision

    def _count(self, graph: Graph, length: int) -> C:
        """Count the first edges: first those of the first segment, which has most of them."""
        self._revision, self._load = self._selection.revision(graph), ref(graph.names)
        self._length = length
        return self._first(graph, self._selection.among_first(graph, self._length))

    def _added(self, graph: Graph) -> Mapping[int, int] | None:
        """How often the new edges add each key; None if a child contributes a key no more."""
        touched = distinct(graph.edges.child[self._length :])
        edges = np.sort(graph.expand(touched, "ancestors"))
        before = self._selection.among(graph, edges, self._length)
        now = self._selection.among(graph, edges)
        new = _in_one(self._contribute(graph, before), self._contribute(graph, now))
        if new is None:
            return None
        keys, counts = np.unique(new, return_counts=True)
        return dict(zip(keys.tolist(), counts.tolist(), strict=True))


def _in_one(before: Contributed, now: Contributed) -> Integers | None:
    """The keys that a child contributes now and did not before; None if it keeps not all it did."""
    children = np.concatenate((before[0], now[0]))
    keys = np.concatenate((before[1], now[1]))
    order = np.lexsort((keys, children))
    first = np.flatnonzero(begins(children[order], keys[order]))
    new = np.diff(first, append=len(order)) == 1
    if len(new) - np.count_nonzero(new) < len(before[1]):
        return None
    added: Integers = keys[order[first[new]]]
    return added


def tallied(contributed: Contributed) -> tuple[Integers, Integers]:
    """The keys, sorted, and how many children contribute each."""
    return np.unique(contributed[1], return_counts=True)


class AllCounts:
    """The count of every key."""

    def __init__(self, keys: Integers, counts: Integers) -> None:
        self.by_key = Counter(dict(zip(keys.tolist(), counts.tolist(), strict=True)))

    def add(self, graph: Graph, added: Mapping[int, int]) -> None:
        self.by_key.update(added)


class TopCounts:
    """The largest counts of a selection."""

    def __init__(self, selection: Selection, recount: Recount, bound: Bound, top: Top) -> None:
        self._selection = selection
        self._recount = recount
        self._bound = bound
        self.top = top

    def add(self, graph: Graph, added: Mapping[int, int]) -> None:
        """Raise counts; a key that was not kept is counted anew, unless it is too small."""
        self.top.raise_by({key: count for key, count in added.items() if key in self.top})
        others = [key for key in added if key not in self.top]
        if not self.top.floor:
            self.top.put({key: added[key] for key in others})
        elif others:
            large = self._bound(graph, others) >= self.top.floor
            others = [key for key, enough in zip(others, large, strict=True) if enough]
            self.top.put(self._recount(graph, self._selection, others))
