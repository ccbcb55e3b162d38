"""How many models each method made in each month."""

from __future__ import annotations

from dataclasses import dataclass

from lineage.memory.arrays import Numbers
from lineage.memory.graph import Graph
from lineage.statistics import contributions
from lineage.statistics.counting import AllCounts, Following, tallied
from lineage.statistics.selection import Selection


@dataclass(frozen=True)
class MonthCount:
    """So many models were made by a method in a month, counted from 1970; -1: unknown."""

    month: int
    method: str
    count: int


class Months:
    """The counts of a selection, which follow the graph."""

    def __init__(self, selection: Selection) -> None:
        self._following = Following(selection, contributions.months, _all_counts)

    def counts(self, graph: Graph) -> list[MonthCount]:
        """Sorted by month, then by method."""
        counted = self._following.ask(graph, lambda counts: list(counts.by_key.items()))
        rows = (MonthCount(key >> 16, graph.codes.method[key & 0xFFFF], n) for key, n in counted)
        return sorted(rows, key=lambda row: (row.month, row.method))


def _all_counts(graph: Graph, edges: Numbers) -> AllCounts:
    return AllCounts(*tallied(contributions.months(graph, edges)))
