"""The most important models of the whole graph."""

from __future__ import annotations

import numpy as np

from lineage.map.chosen import Chosen, largest
from lineage.map.wanted import Wanted
from lineage.memory.arrays import Flags, Integers
from lineage.memory.filters import EdgeFilter
from lineage.memory.graph import Graph


def overview(graph: Graph, limit: int, wanted: Wanted) -> Chosen:
    """Choose the wanted models with the most children; if edges are filtered, of those edges."""
    models = wanted.models(graph)
    children = graph.models.children_count.astype(np.int64)
    if wanted.where is not None:
        children, touched = _by_edges(graph, wanted.where)
        models &= touched
    children = np.where(models, children, -1)
    chosen = largest(children, limit).astype(np.int32)
    return Chosen(chosen, chosen, bool(np.count_nonzero(models) > limit))


def _by_edges(graph: Graph, where: EdgeFilter) -> tuple[Integers, Flags]:
    """How many edges of a filter lead from each model, and which models have any."""
    every = graph.present(np.arange(len(graph.edges.id), dtype=np.int32))
    edges = every[where.keeps(graph.edges, every)]
    children = np.bincount(graph.edges.parent[edges], minlength=graph.size)
    touched = children > 0
    touched[graph.edges.child[edges]] = True
    return children, touched
