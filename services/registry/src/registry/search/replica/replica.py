"""The replica of the catalogue in this process."""

from __future__ import annotations

from collections.abc import Mapping

import asyncpg

from mergehub.kit.background.resources import Resources
from mergehub.kit.replica import replica
from registry.changes import AT_COMMIT, CHANNEL
from registry.search.catalogue.catalogue import Catalogue
from registry.search.replica.following import Follower
from registry.search.replica.kept import snapshots_of
from registry.search.replica.metrics import catalogue_metrics


class Replica(replica.Replica[Catalogue]):
    """Follows the tables of recipes. What is known besides is kept for the next load."""

    name, channel = "catalogue", CHANNEL

    def __init__(self, resources: Resources) -> None:
        super().__init__(resources, catalogue_metrics(resources.metrics))
        self.snapshots = snapshots_of(resources.settings)
        self._known: dict[str, dict[int, float]] = {}
        self._newest: Follower | None = None
        self._written, self._read = 0, 0
        resources.database.info[AT_COMMIT] = self._note

    def has_own_writes(self) -> bool:
        """Whether the state has all that this process committed."""
        return self._read == self._written

    async def current(self) -> Catalogue:
        written = self._written
        state = await super().current()
        self._read = max(self._read, written)
        return state

    async def save_if_due(self, every: int, seconds: float) -> None:
        """Write the snapshot after so many changed recipes, or after so long if any changed."""
        if self._newest is not None and self.snapshots is not None:
            await self._newest.save_if_due(self.snapshots, every, seconds)

    def _note(self) -> None:
        self._written += 1

    async def load(self, connection: asyncpg.Connection) -> Follower:
        follower = await Follower.load(connection, self.snapshots)
        self._newest = follower  # it gets what becomes known meanwhile as well
        await follower.learn({field: dict(values) for field, values in self._known.items()})
        return follower

    async def learn(self, field: str, values: Mapping[int, float]) -> None:
        """Set a number of recipes that is not in their rows."""
        self._known.setdefault(field, {}).update(values)
        if self._newest is not None:
            await self._newest.learn({field: values})
