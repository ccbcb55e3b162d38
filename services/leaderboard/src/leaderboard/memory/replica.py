"""The replica of the facts in this process."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import asyncpg

from leaderboard.memory.facts import Facts
from leaderboard.memory.following import Follower
from leaderboard.memory.metrics import facts_metrics
from leaderboard.tables import CHANGED
from mergehub.kit.background.resources import Resources
from mergehub.kit.database.database import Database
from mergehub.kit.replica import replica


class Replica(replica.Replica[Facts]):
    """Follows the tables of results and models."""

    name, channel = "facts", CHANGED

    def __init__(self, resources: Resources) -> None:
        super().__init__(resources, facts_metrics(resources.metrics))

    @property
    def facts(self) -> Facts | None:
        """The facts as they were last read; None until the first load ends."""
        return self.state

    async def load(self, connection: asyncpg.Connection) -> Follower:
        return await Follower.load(connection)


_replicas: WeakKeyDictionary[Database, Replica] = WeakKeyDictionary()


def replica_in(resources: Resources) -> Replica:
    """The only replica on these connections, whether requests or loops of the background ask."""
    replica = _replicas.get(resources.database)
    if replica is None:
        replica = _replicas[resources.database] = Replica(resources)
    return replica
