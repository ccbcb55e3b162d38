"""Which models and edges a map shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lineage.memory.arrays import Flags, Numbers, among
from lineage.memory.filters import EdgeFilter
from lineage.memory.graph import Graph
from lineage.memory.segments import Direction


@dataclass(frozen=True)
class Wanted:
    """What is shown: edges by `where`, and models by the codes of their licences and domains.

    None: any. A walk does not pass through a model that is not wanted.
    """

    where: EdgeFilter | None = None
    licences: frozenset[int] | None = None
    domains: frozenset[int] | None = None

    def models(self, graph: Graph) -> Flags:
        """Which models are wanted, by their number."""
        return graph.models.exists & self.fits(graph, slice(None))

    def edges(self, graph: Graph, frontier: Numbers, direction: Direction) -> Numbers:
        """The wanted edges from the models of `frontier`, to wanted models."""
        edges = graph.expand(frontier, direction, self.where)
        if self.licences is None and self.domains is None:
            return edges
        kept: Numbers = edges[self.fits(graph, graph.ends(edges, direction))]
        return kept

    def fits(self, graph: Graph, which: Numbers | slice) -> Flags:
        """Which of some models have a wanted licence and domain."""
        kept = np.ones(len(graph.models.exists[which]), np.bool_)
        for column, codes in (
            (graph.models.licence, self.licences),
            (graph.models.domains, self.domains),
        ):
            if codes is not None:
                kept &= among(column[which], codes)
        return kept
