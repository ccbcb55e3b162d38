"""What each child contributes to a statistic: keys, each once."""

from __future__ import annotations

import numpy as np

from lineage.memory.arrays import Flags, Integers, Numbers
from lineage.memory.graph import Graph

Keys = Integers


def parents(graph: Graph, edges: Numbers) -> tuple[Numbers, Keys]:
    """A child's parents, by their number."""
    return _once(graph.edges.child[edges], graph.edges.parent[edges].astype(np.int64))


def months(graph: Graph, edges: Numbers) -> tuple[Numbers, Keys]:
    """The months in which a child was made, with the methods: `month << 16 | method`.

    Months count from 1970; an edge without a date has the month -1.
    """
    days = graph.edges.made_on[edges].astype(np.int32)
    first = min(int(days.min(initial=0)), 0)
    every = np.arange(first, int(days.max(initial=0)) + 1)
    month_of = every.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    month_of[every < 0] = -1
    keys = month_of[days - first] << 16 | graph.edges.method[edges]
    return _once(graph.edges.child[edges], keys)


def pairs(graph: Graph, edges: Numbers) -> tuple[Numbers, Keys]:
    """The pairs of a child's parents: `smaller << 32 | larger`."""
    child, parent = parents(graph, edges)
    begins = np.flatnonzero(np.append(True, child[1:] != child[:-1])[: len(child)])
    sizes = np.diff(np.append(begins, len(child)))
    children, keys = [child[:0]], [parent[:0]]
    for size in np.unique(sizes[sizes > 1]).tolist():
        begin = begins[sizes == size]
        one, other = (begin[:, None] + which for which in np.triu_indices(size, 1))
        keys.append((parent[one] << 32 | parent[other]).ravel())
        children.append(child[one].ravel())
    return np.concatenate(children), np.concatenate(keys)


def _once(children: Numbers, keys: Keys) -> tuple[Numbers, Keys]:
    """Each pair of a child and a key once, sorted by child and then by key.

    Most edges come in that order. So equal neighbours go first, and only what is out of order then
    is sorted.
    """
    children, keys = _without_repeats(children, keys)
    if _in_order(children, keys):
        return children, keys
    order = np.lexsort((keys, children))
    return _without_repeats(children[order], keys[order])


def _without_repeats(children: Numbers, keys: Keys) -> tuple[Numbers, Keys]:
    new: Flags = np.ones(len(keys), np.bool_)
    new[1:] = (children[1:] != children[:-1]) | (keys[1:] != keys[:-1])
    return children[new], keys[new]


def _in_order(children: Numbers, keys: Keys) -> bool:
    later = children[1:] > children[:-1]
    return bool((later | ((children[1:] == children[:-1]) & (keys[1:] > keys[:-1]))).all())
