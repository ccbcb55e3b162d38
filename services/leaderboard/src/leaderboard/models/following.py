"""Follows lineage's feed of models into the tables."""

from __future__ import annotations

import httpx
from prometheus_client import CollectorRegistry, Counter, Gauge
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.models import feed
from leaderboard.models.learning import learn
from leaderboard.models.models import LineagePlaceRow
from mergehub.kit.background import feeds
from mergehub.kit.background.feeds import WAIT_SECONDS
from mergehub.kit.background.resources import Resources

_MOVE = text(
    "INSERT INTO lineage_place (id, position) VALUES (1, :to) "
    "ON CONFLICT (id) DO UPDATE SET position = excluded.position "
    "WHERE lineage_place.position = :after RETURNING position"
)


class LineageFollower:
    """Follows the feed while `run` runs. Any number of processes may run one."""

    def __init__(self, resources: Resources) -> None:
        self._database = resources.database
        self._hub: httpx.AsyncClient = resources.hub
        settings = resources.settings
        self._origin = settings.lineage_url or settings.hub_url
        self._metrics = FollowerMetrics(resources.metrics)

    async def run(self) -> None:
        """Follow for ever. Without lineage, what is known stays."""
        await feeds.follow(self.turn, "lineage.away")

    async def turn(self, wait: int = WAIT_SECONDS) -> bool:
        """Store one page; whether there are more. No row is locked while lineage is asked."""
        after = await self._place()
        page = await feed.page(self._hub, self._origin, after, wait)
        to = page.next_after if page.newest >= after else 0  # lineage was restored from a backup
        if to != after:
            async with self._database.transaction() as session:
                if await _moved(session, after, to) and page.items:
                    await learn(session, page.items)
        self._metrics.read(len(page.items), max(0, page.newest - to))
        return to < page.newest

    async def _place(self) -> int:
        async with self._database.reading() as session:
            return await session.scalar(select(LineagePlaceRow.position)) or 0


async def _moved(session: AsyncSession, after: int, to: int) -> bool:
    """Whether the place was moved on; False if another process has stored this page meanwhile."""
    return await session.scalar(_MOVE, {"after": after, "to": to}) is not None


class FollowerMetrics:
    """What is counted of the feed in one process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._models = Counter(
            "mergehub_lineage_models",
            "Models whose facts and parents were taken over from lineage",
            registry=registry,
        )
        self._behind = Gauge(
            "mergehub_lineage_behind_changes",
            "Changes of lineage that the leaderboard has still to take over, at most",
            registry=registry,
        )

    def read(self, models: int, behind: int) -> None:
        self._models.inc(models)
        self._behind.set(behind)
