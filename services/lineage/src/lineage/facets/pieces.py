"""A piece of the graph that a count takes at a time: some models, with the edges to their parents.

Pieces need little memory, and an edge is found beside the others of its child.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lineage.memory.arrays import Codes8, Integers, Numbers, begins, stable_order
from lineage.memory.graph import Graph
from lineage.questions.kinds import kinds_of

MODELS = 1 << 16
CODES = 1 << 16
"""One more than the largest code."""


@dataclass(frozen=True)
class Piece:
    """The models of a range of numbers; `edges` lie by child, which is `rows` in the range.

    A slice takes no copy of their facts.
    """

    models: slice
    edges: Numbers | slice
    rows: Numbers


def pieces(graph: Graph) -> Iterator[Piece]:
    """All of the graph."""
    for begin in range(0, graph.size, MODELS):
        models = slice(begin, min(begin + MODELS, graph.size))
        edges = graph.expand(np.arange(begin, models.stop, dtype=np.int32), "ancestors")
        children = graph.edges.child[edges]
        if np.any(children[1:] < children[:-1]):  # they come from several segments
            order = stable_order(children)
            edges, children = edges[order], children[order]
        yield Piece(models, _together(edges), children - np.int32(begin))


def _together(edges: Numbers) -> Numbers | slice:
    """Edges as a slice, if they lie one after the other."""
    if len(edges) and np.all(edges[1:] - edges[:-1] == 1):
        return slice(int(edges[0]), int(edges[-1]) + 1)
    return edges


Pairs = NDArray[np.uint32]
"""Rows with a code each: the row in the upper half."""


def pairs(rows: Numbers, codes: NDArray[Any]) -> Pairs:
    """Each pair of a row and a code once, sorted."""
    each = rows.astype(np.uint32)
    each <<= 16
    each |= codes
    if np.any(each[1:] < each[:-1]):
        each.sort()
    kept: Pairs = each[begins(each)]
    return kept


def tally(of: Pairs) -> Integers:
    """How many rows have each code."""
    return np.bincount(of.astype(np.uint16), minlength=CODES)


def kinds_in(graph: Graph, piece: Piece) -> Codes8:
    """The kind of each model of a piece; only the few with several relations are looked into."""
    kinds = np.zeros(piece.models.stop - piece.models.start, np.uint8)
    relations = pairs(piece.rows, graph.edges.relation[piece.edges])
    rows = relations >> np.uint32(16)
    kinds[rows] = relations.astype(np.uint8) + np.uint8(1)
    several = rows[~begins(rows)].astype(np.int32)
    if len(several):
        kinds[several] = kinds_of(graph, several + np.int32(piece.models.start))
    return kinds
