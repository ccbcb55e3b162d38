"""The replica of the graph in this process."""

from __future__ import annotations

import asyncpg

from lineage.learning.changes import CHANNEL
from lineage.memory.graph import Graph
from lineage.replica.following import Follower
from lineage.replica.metrics import graph_metrics
from mergehub.kit.background.resources import Resources
from mergehub.kit.replica import replica


class Replica(replica.Replica[Graph]):
    """Follows the tables of the graph."""

    name, channel = "graph", CHANNEL

    def __init__(self, resources: Resources) -> None:
        super().__init__(resources, graph_metrics(resources.metrics))

    @property
    def graph(self) -> Graph | None:
        """The graph as it was last read; None until the first load ends."""
        return self.state

    async def load(self, connection: asyncpg.Connection) -> Follower:
        async with self.connection() as beside:
            return await Follower.load(connection, beside)
