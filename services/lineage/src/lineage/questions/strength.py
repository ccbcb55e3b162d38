"""Which of several edges says most: of a child, or between the same two models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lineage.memory.arrays import Codes8, Numbers, begins, distinct
from lineage.memory.columns import RELATIONS, ROLES
from lineage.memory.graph import Graph

UNKNOWN, BASE = RELATIONS.index("unknown"), ROLES.index("base")


def strongest_first(graph: Graph, edges: Numbers) -> Numbers:
    """Edges sorted by their child, and for each child those that say most first.

    That is the most certain edge; of equally certain ones, one with a known relation, then the one
    to the base, then the one with the largest weight, then the one to the oldest model.
    """
    columns = graph.edges
    order = np.lexsort((columns.parent[edges], -_strength(graph, edges), columns.child[edges]))
    return edges[order]


def _strength(graph: Graph, edges: Numbers) -> NDArray[np.float64]:
    columns = graph.edges
    weight = np.nan_to_num(np.clip(columns.weight[edges].astype(np.float64), 0, 1))
    known = columns.relation[edges] != UNKNOWN
    certain = columns.confidence[edges].astype(np.float64)
    strength: NDArray[np.float64] = certain * 8 + known * 4 + weight
    strength += (columns.role[edges] == BASE) * 2.0
    return strength


def one_each(graph: Graph, edges: Numbers) -> Numbers:
    """Of the edges between the same two models only the first; keeps the order of `edges`."""
    columns = graph.edges
    keys = columns.child[edges].astype(np.int64) << 32 | columns.parent[edges]
    _, first = np.unique(keys, return_index=True)
    kept: Numbers = edges[np.sort(first)]
    return kept


@dataclass(frozen=True)
class Origins:
    """Where models came from, by the edge of each that says most; `parent` is -1 without one."""

    parent: Numbers
    relation: Codes8


def origins(graph: Graph, models: Numbers, end: int | None = None) -> Origins:
    """Where each model came from, by the first `end` edges."""
    edges = graph.expand(distinct(models), "ancestors")
    edges = strongest_first(graph, edges if end is None else edges[edges < end])
    edges = edges[begins(graph.edges.child[edges])]
    children = graph.edges.child[edges]
    place = np.searchsorted(children, models)
    has = np.flatnonzero(np.append(children, -1)[place] == models)
    parent, relation = np.full(len(models), -1, np.int32), np.zeros(len(models), np.uint8)
    parent[has] = graph.edges.parent[edges[place[has]]]
    relation[has] = graph.edges.relation[edges[place[has]]]
    return Origins(parent, relation)
