"""The models around one: level by level, nearest first, large groups of siblings folded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lineage.map.chosen import Chosen, largest, most_important
from lineage.map.wanted import Wanted
from lineage.memory.arrays import Flags, Numbers, begins, distinct
from lineage.memory.graph import Graph
from lineage.memory.segments import Direction

_MANY = 16
"""Sorting so large a part of all models takes longer than marking each."""


@dataclass(frozen=True)
class Around:
    """Which models around one are shown.

    - `collapse`: of a model's children with the same relation, so many are shown, and the others
      are folded; 0: all are shown.
    """

    directions: Sequence[Direction]
    depth: int
    limit: int
    collapse: int


def neighbourhood(graph: Graph, focus: int, asked: Around, wanted: Wanted) -> Chosen:
    """Choose the models around a focus, which is always one of them."""
    return _Growth(graph, focus, asked, wanted).chosen()


class _Growth:
    def __init__(self, graph: Graph, focus: int, asked: Around, wanted: Wanted) -> None:
        self._graph, self._asked, self._wanted = graph, asked, wanted
        start = np.array([focus], np.int32)
        self._shown: Flags = np.zeros(graph.size, np.bool_)
        self._shown[focus] = True
        self._levels = [start]
        self._opened: list[Numbers] = []
        self._frontiers = dict.fromkeys(asked.directions, start)
        self._room = asked.limit - 1
        self._truncated = False

    def chosen(self) -> Chosen:
        for _ in range(self._asked.depth):
            for direction in self._asked.directions:
                self._frontiers[direction] = self._step(direction)
        opened = np.concatenate([self._levels[0][:0], *self._opened])
        return Chosen(np.concatenate(self._levels), distinct(opened), self._truncated)

    def _step(self, direction: Direction) -> Numbers:
        """Show the next level in a direction; the most important models, if not all fit."""
        frontier = self._frontiers[direction]
        if not len(frontier):
            return frontier
        edges = self._wanted.edges(self._graph, frontier, direction)
        if direction == "descendants":
            self._opened.append(frontier)
            if self._asked.collapse:
                edges = unfolded(self._graph, edges, self._asked.collapse)
        ends = self._graph.ends(edges, direction)
        level = self._new(ends)
        if len(level) > self._room:
            self._truncated = True
            level = np.sort(most_important(self._graph, level, self._room))
        self._shown[level] = True
        self._levels.append(level)
        self._room -= len(level)
        return level

    def _new(self, ends: Numbers) -> Numbers:
        """The models that are not shown yet, each once and sorted."""
        if len(ends) * _MANY < self._graph.size:
            return distinct(ends[~self._shown[ends]])
        marked = np.zeros(self._graph.size, np.bool_)
        marked[ends] = True
        return np.flatnonzero(marked & ~self._shown).astype(np.int32)


def unfolded(graph: Graph, edges: Numbers, collapse: int) -> Numbers:
    """The edges to children that are shown: of each parent and relation the most important ones.

    A group that is larger by one is shown whole, since its last model takes no more room than a
    fold would.
    """
    relation = graph.edges.relation[edges]
    found = np.flatnonzero(np.bincount(relation)).tolist()
    kept = [_unfolded_alike(graph, edges[relation == code], collapse) for code in found]
    return np.concatenate([edges[:0], *kept])


def _unfolded_alike(graph: Graph, edges: Numbers, collapse: int) -> Numbers:
    """The same for edges of one relation."""
    parents = graph.edges.parent[edges]
    if (parents[1:] < parents[:-1]).any():
        edges = edges[np.argsort(parents, kind="stable")]
        parents = graph.edges.parent[edges]
    starts = np.flatnonzero(begins(parents))
    sizes = np.diff(starts, append=len(edges))
    kept = [edges[np.repeat(sizes <= collapse + 1, sizes)]]
    for start, size in zip(starts.tolist(), sizes.tolist(), strict=True):
        if size > collapse + 1:
            kept.append(_foremost(graph, edges[start : start + size], collapse))
    return np.concatenate(kept)


def _foremost(graph: Graph, edges: Numbers, collapse: int) -> Numbers:
    """The edges of one parent to its most important children, each once."""
    children = graph.edges.child[edges]
    if (children[1:] < children[:-1]).any():
        edges = edges[np.argsort(children, kind="stable")]
        children = graph.edges.child[edges]
    edges = edges[begins(children)]
    if len(edges) <= collapse + 1:
        return edges
    kept: Numbers = edges[largest(graph.models.children_count[graph.edges.child[edges]], collapse)]
    return kept
