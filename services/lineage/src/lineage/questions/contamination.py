"""Flags that a model has or inherits: each with the way from the model to where it was set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lineage.memory.graph import Graph
from lineage.questions.ancestry import Ancestry, ancestry


@dataclass(frozen=True)
class Flagged:
    """A flagged model, and the shortest path to it from the model that was asked about."""

    model: int
    path: list[int]


def flagged_ancestors(graph: Graph, model: int) -> list[Flagged]:
    """The flagged ones among a model and its ancestors, nearest first."""
    return flagged_in(graph, ancestry(graph, model))


def flagged_in(graph: Graph, found: Ancestry) -> list[Flagged]:
    """The flagged ones of an ancestry, nearest first."""
    places = np.flatnonzero(graph.models.flagged[found.models])
    return [Flagged(int(found.models[at]), found.path(int(at))) for at in places]
