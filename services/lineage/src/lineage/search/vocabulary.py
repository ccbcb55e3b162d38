"""The words in the names that matter most, kept while these names stay as they are."""

from __future__ import annotations

from collections import Counter

import numpy as np

from lineage.memory.arrays import NOTHING, Numbers, Places, distinct
from lineage.memory.graph import Graph
from lineage.search.words import plain

NAMES = 20_000


class Vocabulary:
    """The words of one load. Any thread may ask; to split the names takes some milliseconds."""

    def __init__(self) -> None:
        self._known: tuple[Places, Counter[bytes]] | None = None

    def of(self, graph: Graph, important: Numbers) -> Counter[bytes]:
        """The words in the names of the most important models, and how often they come."""
        important = important[:NAMES]
        others = np.flatnonzero(graph.models.exists[:NAMES]) if len(important) < NAMES else NOTHING
        models = distinct(np.concatenate((important, others.astype(np.int32))))
        places, known = graph.models.name_place[models], self._known
        if known is None or not np.array_equal(known[0], places):
            known = self._known = places, Counter(lines_of(graph, models).split())
        return known[1]


def lines_of(graph: Graph, models: Numbers) -> bytes:
    """The plain names of models, a line each."""
    return plain(graph.names.lines_at(graph.models.name_place[models]))
