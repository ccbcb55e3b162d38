"""What a model is, by the edge that says most of it, and the family that it belongs to."""

from __future__ import annotations

import numpy as np

from lineage.memory.arrays import Codes8, Numbers, distinct
from lineage.memory.columns import RELATIONS
from lineage.memory.graph import Graph
from lineage.questions.strength import origins

AT_ONCE = 1 << 16
KINDS = ("original", *RELATIONS)
"""A model without parents is an original; any other is what its main edge says."""


def kinds_of(graph: Graph, models: Numbers, end: int | None = None) -> Codes8:
    """The kind of each model by the first `end` edges, as its place in KINDS."""
    found = origins(graph, models, end)
    return np.where(found.parent < 0, 0, found.relation + 1).astype(np.uint8)


def kinds_of_many(graph: Graph, models: Numbers, end: int | None = None) -> Codes8:
    """The same, found for some at a time, which needs little memory."""
    parts = (models[at : at + AT_ONCE] for at in range(0, len(models), AT_ONCE))
    return np.concatenate([np.zeros(0, np.uint8), *(kinds_of(graph, part, end) for part in parts)])


def families_of(graph: Graph, models: Numbers) -> Numbers:
    """The original that each model goes back to, from parent to parent."""
    roots = models
    while True:
        here = distinct(roots)
        parent = origins(graph, here).parent
        if (parent < 0).all():
            return roots
        above = np.where(parent < 0, here, parent)
        roots = above[np.searchsorted(here, roots)]
