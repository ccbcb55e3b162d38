"""Follows the leaderboard's feed of scores, and finds the models that its names stand for."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import numpy as np

from lineage.learning import model_rows
from lineage.learning.names import key
from lineage.memory.graph import Graph
from lineage.memory.names import Names
from lineage.replica.replica import Replica
from lineage.scores import feed
from lineage.scores.scores import NO_SCORES, Scores
from mergehub.kit.background import feeds
from mergehub.kit.background.feeds import WAIT_SECONDS
from mergehub.kit.background.resources import Resources
from mergehub.kit.database.database import Database
from mergehub.kit.telemetry.loops import turned

UNKNOWN_SECONDS = 2  # while scores wait for a model of their name

Told = dict[str, feed.Score]
"""Scores by the keys of their models' names."""


class ScoreFollower:
    """Follows the feed while `run` runs. `scores` are those known now, perhaps none."""

    def __init__(self, resources: Resources, replica: Replica) -> None:
        self.scores: Scores = NO_SCORES
        self._hub: httpx.AsyncClient = resources.hub
        settings = resources.settings
        self._origin = settings.leaderboard_url or settings.hub_url
        self._database: Database = resources.database
        self._replica = replica
        self._names: Names | None = None
        self._unknown: Told = {}
        self._after, self._seen = 0, 0
        self._next = asyncio.get_running_loop().create_future()

    async def newer(self, than: datetime | None) -> None:
        """Return as soon as scores are known that are newer."""
        while self.scores.as_of is None or (than is not None and self.scores.as_of <= than):
            await asyncio.shield(self._next)

    async def run(self) -> None:
        """Follow for ever. Without a leaderboard, what is known stays."""
        await feeds.follow(self._turn, "scores.away")

    async def _turn(self) -> None:
        graph = await self._replica.loaded(WAIT_SECONDS)
        if graph is None:
            return
        if graph.names is not self._names:  # loaded anew, so models may have other numbers
            self._begin_again()
            self._names, self._seen = graph.names, graph.names.end
        await self._meet_new_names(graph)
        turned()
        wait = UNKNOWN_SECONDS if self._unknown else WAIT_SECONDS
        page = await feed.page(self._hub, self._origin, self._after, wait)
        if page.newest < self._after:
            self._begin_again()
        elif page.items:
            await self._learn({key(each.model): each for each in page.items})
            self._after = page.next_after

    def _begin_again(self) -> None:
        self.scores = replace(NO_SCORES, as_of=self.scores.as_of)
        self._after, self._seen, self._unknown, self._names = 0, 0, {}, None

    async def _meet_new_names(self, graph: Graph) -> None:
        """Give models that have just come, or got another name, the scores that wait for them."""
        begin, self._seen = self._seen, graph.names.end
        if not self._unknown or begin == self._seen:
            return
        new = await asyncio.to_thread(graph.names.between, begin, self._seen)
        met = {each: self._unknown[each] for each in map(key, new) if each in self._unknown}
        if met:
            await self._learn(met, datetime.now(UTC))

    async def _learn(self, told: Told, now: datetime | None = None) -> None:
        numbers = await self._numbers(told)
        found = [(number, told[each]) for each, number in numbers.items()]
        self._unknown = {
            name: each for name, each in (self._unknown | told).items() if name not in numbers
        }
        known = await asyncio.to_thread(
            self.scores.changed,
            np.array([number for number, _ in found], np.int32),
            np.array([each.score for _, each in found], np.float32),
            np.array([each.uplift for _, each in found], np.float32),
        )
        self.scores = known.at(now or max(each.changed_at for each in told.values()))
        self._next.set_result(None)
        self._next = asyncio.get_running_loop().create_future()

    async def _numbers(self, keys: Collection[str]) -> dict[str, int]:
        """The numbers of the models that have these names now, or else had them."""
        async with self._database.reading() as session:
            named = await model_rows.named(session, keys)
            once = await model_rows.once_named(session, set(keys) - named.keys())
        return {each: row.number for each, row in (once | named).items()}
