"""Which edges a statistic counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lineage.memory.arrays import Flags, Numbers, distinct
from lineage.memory.codes import Codes, domains_of
from lineage.memory.columns import RELATIONS, ROLES
from lineage.memory.graph import Graph

BASE = ROLES.index("base")


@dataclass(frozen=True)
class Selection:
    """What an edge must be to be counted; None: anything.

    - `relations`, `roles`, `methods`: one of these.
    - `since`, `until`: made in these days since 1970, both included.
    - `domain`: the child is a model for this domain.
    - `base`: the child was made on this model, by its number, as its base.
    """

    relations: frozenset[str] | None = None
    roles: frozenset[str] | None = None
    methods: frozenset[str] | None = None
    since: int | None = None
    until: int | None = None
    domain: str | None = None
    base: int | None = None

    def among_first(self, graph: Graph, end: int) -> Numbers:
        """The counted edges of the first `end` ones, in their order."""
        edges = graph.present(np.flatnonzero(self._fits(graph, slice(0, end))).astype(np.int32))
        return self._of_children(graph, edges, end)

    def among(self, graph: Graph, edges: Numbers, end: int | None = None) -> Numbers:
        """Those of `edges` that are counted, as of when the graph had `end` edges."""
        edges = edges if end is None else edges[edges < end]
        return self._of_children(graph, edges[self._fits(graph, edges)], end)

    def _fits(self, graph: Graph, which: slice | Numbers) -> Flags:
        """Which edges are as they must be, whatever their child is."""
        edges = graph.edges
        fits = np.ones(len(edges.id[which]), np.bool_)
        for column, codes in (
            (edges.relation, _places(RELATIONS, self.relations)),
            (edges.role, _places(ROLES, self.roles)),
            (edges.method, _codes(graph.codes.method, self.methods)),
        ):
            if codes is not None:
                fits &= _among(column[which], codes)
        if self.since is not None or self.until is not None:
            fits &= edges.made_on[which] >= max(self.since or 0, 0)
        if self.until is not None:
            fits &= edges.made_on[which] <= self.until
        return fits

    def _of_children(self, graph: Graph, edges: Numbers, end: int | None) -> Numbers:
        """Those whose child is as it must be."""
        if self.domain is not None:
            codes = [at for at, text in enumerate(graph.codes.domains) if self._for_domain(text)]
            edges = edges[_among(graph.models.domains[graph.edges.child[edges]], codes)]
        if self.base is not None:
            chosen = np.zeros(graph.size, np.bool_)
            chosen[self._on_base(graph, self.base, graph.edges.child[edges], end)] = True
            edges = edges[chosen[graph.edges.child[edges]]]
        return edges

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

    def _for_domain(self, text: str) -> bool:
        return self.domain in domains_of(text)


def _places(texts: tuple[str, ...], wanted: frozenset[str] | None) -> list[int] | None:
    return None if wanted is None else [texts.index(text) for text in sorted(wanted)]


def _codes(codes: Codes, wanted: frozenset[str] | None) -> list[int] | None:
    if wanted is None:
        return None
    found = (codes.find(text) for text in sorted(wanted))
    return [code for code in found if code is not None]


def _among(column: NDArray[Any], codes: list[int]) -> Flags:
    """Which elements are one of a few codes."""
    if not codes:
        return np.zeros(len(column), np.bool_)
    found: Flags = column == codes[0]
    for code in codes[1:]:
        found |= column == code
    return found
