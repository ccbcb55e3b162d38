"""The replica of the graph in this process."""

from __future__ import annotations

from collections.abc import Callable

import asyncpg

from lineage.learning.changes import CHANNEL
from lineage.memory.graph import Graph
from lineage.replica.following import Follower
from lineage.replica.kept import snapshots_of
from lineage.replica.metrics import graph_metrics
from mergehub.columns.parts import Kept, Parts
from mergehub.kit.background.resources import Resources
from mergehub.kit.replica import replica


class Replica(replica.Replica[Graph]):
    """Follows the tables of the graph."""

    name, channel = "graph", CHANNEL

    def __init__(self, resources: Resources) -> None:
        super().__init__(resources, graph_metrics(resources.metrics))
        self.snapshots = snapshots_of(resources.settings)
        self.index: Callable[[], Parts] = dict
        self._newest: Follower | None = None

    @property
    def graph(self) -> Graph | None:
        """The graph as it was last read; None until the first load ends."""
        return self.state

    async def load(self, connection: asyncpg.Connection) -> Follower:
        """The first load may read the snapshot; later ones come when the log lacks something."""
        async with self.connection() as beside:
            snapshots = self.snapshots if self.state is None else None
            follower = await Follower.load(connection, beside, snapshots)
        follower.index = self.index
        self._newest = follower
        return follower

    def kept_index(self, graph: Graph) -> Kept:
        """The index of names that the snapshot of a graph has; nothing without a snapshot."""
        newest = self._newest
        return {} if newest is None or newest.graph.names is not graph.names else newest.kept_index

    async def save_if_due(self, every: int, seconds: float) -> None:
        """Write the snapshot after so many changed rows, or after so long if any changed."""
        if self._newest is not None and self.snapshots is not None:
            await self._newest.save_if_due(self.snapshots, every, seconds)
