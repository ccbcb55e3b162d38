"""What leaderboard does without requests."""

from __future__ import annotations

from collections.abc import Mapping

from leaderboard.boards.current import boards_in
from leaderboard.events import consumer
from leaderboard.history.keeping import HistoryKeeper
from leaderboard.memory.replica import replica_in
from leaderboard.models.following import LineageFollower
from leaderboard.scores.keeping import CHANNEL, Scorekeeper
from leaderboard.tables import CHANGED, intake
from mergehub.kit.background.resources import Background, Resources
from mergehub.kit.database.pruning import Pruner
from mergehub.kit.telemetry.loops import Loop


def _loops(resources: Resources) -> Mapping[str, Loop]:
    pruner = Pruner(resources.database, intake.prune, resources.settings.events_days)
    replica = replica_in(resources)
    return {
        "consumer": consumer(resources, resources.metrics).run,
        "pruner": pruner.run,
        "facts": replica.run,
        "history": HistoryKeeper(resources, replica, boards_in(resources)).run,
        "scores": Scorekeeper(resources, replica, boards_in(resources)).run,
        "lineage": LineageFollower(resources).run,
    }


BACKGROUND = Background(
    name="leaderboard",
    migrations="leaderboard.migrations",
    loops=_loops,
    channels=(CHANGED, CHANNEL),
)
