"""Which models and edges a map shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lineage.memory.arrays import Codes8, Flags, Numbers, among
from lineage.memory.filters import EdgeFilter
from lineage.memory.graph import Graph
from lineage.memory.segments import Direction
from lineage.questions.kinds import kinds_of_many


@dataclass(frozen=True)
class Wanted:
    """What is shown: edges by `where`, models by the codes of their licences, domains and kinds.

    None: any. A walk does not pass through a model that is not wanted.
    """

    where: EdgeFilter | None = None
    licences: frozenset[int] | None = None
    domains: frozenset[int] | None = None
    kinds: frozenset[int] | None = None

    def models(self, graph: Graph) -> Flags:
        """Which models are wanted, by their number."""
        return graph.models.exists & self.fits(graph, slice(None))

    def edges(self, graph: Graph, frontier: Numbers, direction: Direction) -> Numbers:
        """The wanted edges from the models of `frontier`, to wanted models."""
        edges = graph.expand(frontier, direction, self.where)
        if self.licences is None and self.domains is None and self.kinds is None:
            return edges
        kept: Numbers = edges[self.fits(graph, graph.ends(edges, direction))]
        return kept

    def fits(self, graph: Graph, which: Numbers | slice, kinds: Codes8 | None = None) -> Flags:
        """Which of some models have a wanted licence, domain and kind, which `kinds` may give."""
        kept = np.ones(len(graph.models.exists[which]), np.bool_)
        for column, codes in (
            (graph.models.licence, self.licences),
            (graph.models.domains, self.domains),
        ):
            if codes is not None:
                kept &= among(column[which], codes)
        if self.kinds is not None:
            found = _kinds(graph, which) if kinds is None else kinds
            kept &= among(found, self.kinds)
        return kept


def _kinds(graph: Graph, which: Numbers | slice) -> Codes8:
    models = np.arange(graph.size, dtype=np.int32)[which] if isinstance(which, slice) else which
    return kinds_of_many(graph, models)
