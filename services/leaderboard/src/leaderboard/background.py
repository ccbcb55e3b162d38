"""What leaderboard does without requests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.boards.current import boards_in
from leaderboard.events import consumer
from leaderboard.facts.changes import LOG
from leaderboard.facts.moving import Moving
from leaderboard.history.keeping import HistoryKeeper
from leaderboard.memory.replica import replica_in
from leaderboard.models.following import LineageFollower
from leaderboard.scores.keeping import CHANNEL, Scorekeeper
from leaderboard.tables import CHANGED, intake
from mergehub.kit.background.resources import Background, Resources
from mergehub.kit.database.housekeeping import Housekeeping
from mergehub.kit.database.pruning import Pruner
from mergehub.kit.telemetry.loops import Loop


def _loops(resources: Resources) -> Mapping[str, Loop]:
    pruner = Pruner(resources.database, _prune, resources.settings.events_days)
    replica = replica_in(resources)
    return {
        "consumer": consumer(resources, resources.metrics).run,
        "pruner": pruner.run,
        "facts": replica.run,
        "history": HistoryKeeper(resources, replica, boards_in(resources)).run,
        "scores": Scorekeeper(resources, replica, boards_in(resources)).run,
        "lineage": LineageFollower(resources).run,
        "housekeeping": Housekeeping(resources.database, [Moving().task()]).run,
    }


async def _prune(session: AsyncSession, keep: timedelta) -> int:
    return await intake.prune(session, keep) + await LOG.prune(session)


BACKGROUND = Background(
    name="leaderboard",
    migrations="leaderboard.migrations",
    loops=_loops,
    channels=(CHANGED, CHANNEL),
)
