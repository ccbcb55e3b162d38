"""Counts models by each fact that a map can be filtered by: a function of the graph."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from lineage.facets.pieces import CODES, MODELS, Piece, kinds_in, pairs, pieces, tally
from lineage.map.wanted import Wanted
from lineage.memory.arrays import Codes8, Days, Flags, Integers, Numbers
from lineage.memory.filters import EdgeFilter
from lineage.memory.graph import Graph

NEVER = -1
Facts = NDArray[Any]


class _Kinds:
    """The kinds of all models of the graph that was asked about last, whatever the filter."""

    def __init__(self) -> None:
        self._last: tuple[ref[Graph], Codes8] | None = None

    def of(self, graph: Graph) -> Codes8:
        last = self._last
        if last is None or last[0]() is not graph:
            kinds = np.zeros(graph.size, np.uint8)
            for piece in pieces(graph):
                kinds[piece.models] = kinds_in(graph, piece)
            last = self._last = ref(graph), kinds
        return last[1]


_kinds = _Kinds()


def _none() -> Integers:
    return np.zeros(CODES, np.int64)


@dataclass
class Counts:
    """How many models have each method, relation, licence, set of domains and kind, by code.

    `first`, `last`: the days on which edges were made, since 1970; NEVER: no edge has one.
    `undated`: models with edges to parents, none of which has a date.
    """

    methods: Integers = field(default_factory=_none)
    relations: Integers = field(default_factory=_none)
    licences: Integers = field(default_factory=_none)
    domains: Integers = field(default_factory=_none)
    kinds: Integers = field(default_factory=_none)
    first: int = NEVER
    last: int = NEVER
    undated: int = 0


def counted(graph: Graph, wanted: Wanted) -> Counts:
    """Count the models of a map with these filters; each fact as if it was not filtered by."""
    counts = Counts()
    shown = np.full(graph.size, wanted.where is None)
    kinds = _kinds.of(graph)
    for piece in pieces(graph):
        _count_edges(graph, piece, wanted, kinds, counts)
        if wanted.where is not None:
            kept = wanted.where.keeps(graph.edges, piece.edges)
            shown[graph.edges.child[piece.edges][kept]] = True
            shown[graph.edges.parent[piece.edges][kept]] = True
    for begin in range(0, graph.size, MODELS):
        _count_models(graph, slice(begin, begin + MODELS), wanted, shown, kinds, counts)
    return counts


def _count_edges(graph: Graph, piece: Piece, wanted: Wanted, kinds: Codes8, counts: Counts) -> None:
    """Count what edges say of their children, of which only some are wanted."""
    columns, where = graph.edges, wanted.where or EdgeFilter()
    child = wanted.fits(graph, piece.models, kinds[piece.models])
    all_children = bool(child.all())

    def chosen(where: EdgeFilter, column: Facts) -> tuple[Numbers, Facts]:
        """The rows of the edges that are kept, and what a column has of each."""
        kept = where.keeps(columns, piece.edges)
        if not all_children:
            kept &= child[piece.rows]
        values = column[piece.edges]
        return (piece.rows, values) if kept.all() else (piece.rows[kept], values[kept])

    counts.methods += tally(pairs(*chosen(replace(where, methods=None), columns.method)))
    counts.relations += tally(pairs(*chosen(replace(where, relations=None), columns.relation)))
    _count_dates(*chosen(replace(where, since=None, until=None), columns.made_on), counts)


def _count_dates(rows: Numbers, days: Days, counts: Counts) -> None:
    """Count the days of edges, whose children are `rows`."""
    dated = days >= 0
    if not dated.all():
        undated = np.zeros(MODELS, np.bool_)
        undated[rows[~dated]] = True
        undated[rows[dated]] = False
        counts.undated += int(np.count_nonzero(undated))
        days = days[dated]
    if len(days):
        first = int(days.min())
        counts.first = first if counts.first == NEVER else min(first, counts.first)
        counts.last = max(int(days.max()), counts.last)


def _count_models(
    graph: Graph, some: slice, wanted: Wanted, shown: Flags, kinds: Codes8, counts: Counts
) -> None:
    """Count facts of the models that are shown."""
    models, shown = graph.models, shown[some] & graph.models.exists[some]
    any_licence, any_domain = replace(wanted, licences=None), replace(wanted, domains=None)
    any_kind = replace(wanted, kinds=None)
    for tallied, codes, chosen in (
        (counts.licences, models.licence[some], any_licence),
        (counts.domains, models.domains[some], any_domain),
        (counts.kinds, kinds[some], any_kind),
    ):
        kept = codes[shown & chosen.fits(graph, some, kinds[some])]
        tallied += np.bincount(kept, minlength=CODES)
