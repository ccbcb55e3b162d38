"""The statistics of this process, and the loop that keeps the usual ones current."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from fastapi import FastAPI, Request

from lineage.memory.graph import Graph
from lineage.replica.serving import repeated
from lineage.statistics.kept import Kept
from lineage.statistics.months import Months
from lineage.statistics.ranked import Pairs, Ranked, Uses
from lineage.statistics.risers import Riser, risers
from lineage.statistics.selection import Selection
from mergehub.kit.background.resources import Resources
from mergehub.kit.telemetry.loops import Loop

MERGES = frozenset({"merge"})
AS_BASE = Selection(relations=MERGES, roles=frozenset({"base"}))
AS_INGREDIENT = Selection(relations=MERGES, roles=frozenset({"ingredient"}))
ALL_MERGES = Selection(relations=MERGES)
DAYS = 30


@dataclass(frozen=True)
class Rise:
    """What is asked about risers."""

    selection: Selection
    until: int
    days: int
    limit: int


class CurrentStatistics:
    """Statistics by what is asked, at most so many of a kind."""

    def __init__(self) -> None:
        self.uses: Kept[Selection, Ranked] = Kept(Uses, 64)
        self.pairs: Kept[Selection, Ranked] = Kept(Pairs, 16)
        self.months: Kept[Selection, Months] = Kept(Months, 32)
        self._risers: Kept[Rise, _Risers] = Kept(_Risers, 32)

    def risers(self, graph: Graph, asked: Rise) -> list[Riser]:
        return self._risers.get(asked).found(graph)

    def keep_current(self, graph: Graph) -> None:
        """Count what most callers ask for, so that they find it counted."""
        for selection in (AS_BASE, AS_INGREDIENT):
            self.uses.get(selection).largest(graph, 1)
        self.pairs.get(AS_INGREDIENT).largest(graph, 1)
        self.months.get(ALL_MERGES).counts(graph)
        self.risers(graph, Rise(ALL_MERGES, today(), DAYS, 20))


class _Risers:
    """The answer to one question, until the graph changes."""

    def __init__(self, asked: Rise) -> None:
        self._asked = asked
        self._answer: tuple[datetime, list[Riser]] | None = None

    def found(self, graph: Graph) -> list[Riser]:
        answer = self._answer
        if answer is None or answer[0] != graph.read_at:
            asked = self._asked
            rising = risers(graph, asked.selection, asked.until, asked.days, asked.limit)
            answer = self._answer = graph.read_at, rising
        return answer[1]


def today() -> int:
    """Days since 1970."""
    return (datetime.now(UTC).date() - date(1970, 1, 1)).days


def start_statistics(app: FastAPI, resources: Resources) -> Mapping[str, Loop]:
    """Give the process its statistics; the loop that keeps the usual ones current."""
    statistics = app.state.statistics = CurrentStatistics()

    async def keep_current(graph: Graph) -> None:
        await asyncio.to_thread(statistics.keep_current, graph)

    return {"statistics": repeated(app, keep_current)}


def statistics_of(request: Request) -> CurrentStatistics:
    statistics: CurrentStatistics = request.app.state.statistics
    return statistics
