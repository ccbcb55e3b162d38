"""The edges that a batch speaks about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from lineage.learning import counting
from lineage.learning.batch import Outcome, Told
from lineage.learning.claims import Edge, Key
from lineage.learning.counting import Counts


class Edges:
    """All edges of the children and parents in a batch, with the `stored` ones at first."""

    def __init__(self, stored: Iterable[Edge]) -> None:
        self._by_key = {edge.key: edge for edge in stored}
        self._by_pair: dict[tuple[int, int], list[Edge]] = defaultdict(list)
        for edge in self._by_key.values():
            self._by_pair[edge.key[:2]].append(edge)
        self._before = {pair: counting.uses(edges) for pair, edges in self._by_pair.items()}

    def tell(self, key: Key, told: Told) -> Outcome:
        """Take in a claim about an edge, which may be new."""
        known = self._by_key.get(key)
        if known is not None:
            return known.tell(told)
        added = self._by_key[key] = Edge(key, told)
        self._by_pair[key[:2]].append(added)
        return Outcome.ADDED

    @property
    def changed(self) -> list[Edge]:
        return [edge for edge in self._by_key.values() if edge.changed]

    @property
    def counts(self) -> dict[int, Counts]:
        """How the counters of each parent change."""
        return counting.differences(self._before, self._by_pair)
