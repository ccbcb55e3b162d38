"""Which edges a statistic counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lineage.memory.arrays import Flags, Numbers, among, distinct
from lineage.memory.columns import RELATIONS, ROLES
from lineage.memory.graph import Graph
from lineage.questions.kinds import KINDS, kinds_of_many
from mergehub.columns.codes import Codes, codes_of, sets_with

BASE = ROLES.index("base")


@dataclass(frozen=True)
class Selection:
    """What an edge must be to be counted; None: anything.

    - `relations`, `roles`, `methods`: one of these.
    - `since`, `until`: made in these days since 1970, both included; their date is known.
    - `domains`, `licences`: the child is a model for one of these domains, under one of these
      licences (`unknown`: without one).
    - `kinds`: the child is of one of these kinds, by the edge that says most of it.
    - `base`: the child was made on this model, by its number, as its base.
    """

    relations: frozenset[str] | None = None
    roles: frozenset[str] | None = None
    methods: frozenset[str] | None = None
    since: int | None = None
    until: int | None = None
    domains: frozenset[str] | None = None
    licences: frozenset[str] | None = None
    kinds: frozenset[str] | None = None
    base: int | None = None

    def revision(self, graph: Graph) -> int:
        """A number that grows when facts change by which edges were counted."""
        licensed = 0 if self.licences is None else graph.licensed
        return graph.revision + licensed + (0 if self.kinds is None else graph.weighed)

    def among_first(self, graph: Graph, end: int) -> Numbers:
        """The counted edges of the first `end` ones, in their order."""
        if self.since is None and self.until is None:
            edges = np.flatnonzero(self._fits(graph, slice(0, end))).astype(np.int32)
        else:  # mostly a few days of years, so nothing else is looked at of most edges
            edges = np.flatnonzero(self._made_then(graph, slice(0, end))).astype(np.int32)
            edges = edges[self._fits(graph, edges)]
        return self._of_children(graph, graph.present(edges), end)

    def among(self, graph: Graph, edges: Numbers, end: int | None = None) -> Numbers:
        """Those of `edges` that are counted, as of when the graph had `end` edges."""
        edges = edges if end is None else edges[edges < end]
        return self._of_children(graph, edges[self._fits(graph, edges)], end)

    def _fits(self, graph: Graph, which: slice | Numbers) -> Flags:
        """Which edges are as they must be, whatever their child is."""
        edges = graph.edges
        fits = self._made_then(graph, which)
        for column, codes in (
            (edges.relation, _places(RELATIONS, self.relations)),
            (edges.role, _places(ROLES, self.roles)),
            (edges.method, _codes(graph.codes.method, self.methods)),
        ):
            if codes is not None:
                fits &= among(column[which], codes)
        return fits

    def _made_then(self, graph: Graph, which: slice | Numbers) -> Flags:
        """Which edges were made in the days, if there are any."""
        days = graph.edges.made_on[which]
        if self.since is None and self.until is None:
            return np.ones(len(days), np.bool_)
        fits = days >= max(self.since or 0, 0)
        if self.until is not None:
            fits &= days <= self.until
        return fits

    def _of_children(self, graph: Graph, edges: Numbers, end: int | None) -> Numbers:
        """Those whose child is as it must be."""
        if self.domains is not None:
            sets = sets_with(graph.codes.domains, self.domains)
            edges = edges[among(graph.models.domains[graph.edges.child[edges]], sets)]
        if self.licences is not None:
            codes = codes_of(graph.codes.licence, self.licences)
            edges = edges[among(graph.models.licence[graph.edges.child[edges]], codes)]
        if self.kinds is not None:
            edges = _of(graph, edges, self._of_kinds(graph, graph.edges.child[edges], end))
        if self.base is not None:
            on_base = self._on_base(graph, self.base, graph.edges.child[edges], end)
            edges = _of(graph, edges, on_base)
        return edges

    def _of_kinds(self, graph: Graph, children: Numbers, end: int | None) -> Numbers:
        """Those of `children` that are of the kinds, as of when the graph had `end` edges."""
        children = distinct(children)
        codes = _places(KINDS, self.kinds) or []
        return children[among(kinds_of_many(graph, children, end), codes)]

    def _on_base(self, graph: Graph, base: int, children: Numbers, end: int | None) -> Numbers:
        """Models that were made on a base, at least those among `children`."""
        start = np.array([base], np.int32)
        if len(children) < graph.degrees(start, "descendants")[0]:
            uses = graph.expand(distinct(children), "ancestors")
        else:
            uses = graph.expand(start, "descendants")
        uses = uses if end is None else uses[uses < end]
        is_base = (graph.edges.role[uses] == BASE) & (graph.edges.parent[uses] == base)
        found: Numbers = graph.edges.child[uses[is_base]]
        return found


def _of(graph: Graph, edges: Numbers, children: Numbers) -> Numbers:
    """Those of `edges` that lead from `children`."""
    chosen = np.zeros(graph.size, np.bool_)
    chosen[children] = True
    return edges[chosen[graph.edges.child[edges]]]


def _places(texts: tuple[str, ...], wanted: frozenset[str] | None) -> list[int] | None:
    return None if wanted is None else [texts.index(text) for text in sorted(wanted)]


def _codes(codes: Codes, wanted: frozenset[str] | None) -> list[int] | None:
    if wanted is None:
        return None
    found = (codes.find(text) for text in sorted(wanted))
    return [code for code in found if code is not None]
