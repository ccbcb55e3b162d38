"""What lineage does without requests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from lineage.events import consumer
from lineage.feed.keeping import CHANNEL, FeedKeeper
from lineage.learning import changes
from lineage.models.composing import compose
from lineage.tables import intake
from mergehub.kit.background.resources import Background, Resources
from mergehub.kit.database.pruning import Pruner
from mergehub.kit.telemetry.loops import Loop


def _loops(resources: Resources) -> Mapping[str, Loop]:
    pruner = Pruner(resources.database, _keep_house, resources.settings.events_days)
    return {
        "consumer": consumer(resources, resources.metrics).run,
        "pruner": pruner.run,
        "feed": FeedKeeper(resources).run,
    }


async def _keep_house(session: AsyncSession, keep: timedelta) -> int:
    """Delete what is old enough, and compose names that are not; returns how many are deleted."""
    await compose(session)
    return await intake.prune(session, keep) + await changes.LOG.prune(session)


BACKGROUND = Background(
    name="lineage",
    migrations="lineage.migrations",
    loops=_loops,
    channels=(changes.CHANNEL, CHANNEL),
)
