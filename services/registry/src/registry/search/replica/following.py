"""Loads the catalogue from its snapshot or the tables, and then follows the log of changes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import asyncpg

from mergehub.columns.parts import Parts, in_memory
from mergehub.columns.saving import Change, SavedFollower, newest_change
from mergehub.columns.snapshots import Snapshots
from mergehub.kit.replica import log
from mergehub.kit.replica.heap import LARGE, give_back, prepare, settle
from mergehub.kit.replica.replica import LOAD_SECONDS
from mergehub.kit.telemetry.loops import turned
from registry.search.catalogue.catalogue import Catalogue, GrowingCatalogue
from registry.search.replica.rows import Rows, all_rows, entries_of, rows_of

KINDS = ("recipes",)
Known = Mapping[str, Mapping[int, float]]
"""What is known of recipes apart from their rows, by field and number."""


class Follower(SavedFollower[Catalogue]):
    """The catalogue of one load and of the changes since then."""

    name, table = "catalogue", "recipes"

    def __init__(
        self,
        growing: GrowingCatalogue,
        place: log.Place,
        database: str | None = None,
        newest: Change | None = None,
        as_of: int | None = None,
    ) -> None:
        super().__init__(place, database, newest)
        self._growing = growing
        as_of = place.horizon if as_of is None else as_of
        self.state: Catalogue = growing.state(as_of, self._read_at)

    @classmethod
    async def load(
        cls, connection: asyncpg.Connection, snapshots: Snapshots | None = None
    ) -> Follower:
        """Read the snapshot, or without one all recipes, as they are at one moment."""
        prepare()
        database = await cls.identity(connection, snapshots)
        follower = await cls._of_snapshot(connection, snapshots, database)
        if follower is None:
            follower = await cls._anew(connection, snapshots, database)
        give_back(LARGE)
        settle()
        return follower

    @classmethod
    async def _anew(
        cls, connection: asyncpg.Connection, snapshots: Snapshots | None, database: str | None
    ) -> Follower:
        """The catalogue of the tables, mapped from a snapshot of it: that takes half the memory."""
        whole = await cls._of_tables(connection, database)
        mapped = None
        if await whole.save(snapshots):
            mapped = await cls._of_snapshot(connection, snapshots, database)
        return mapped or await whole._frozen()

    @classmethod
    async def _of_snapshot(
        cls, connection: asyncpg.Connection, snapshots: Snapshots | None, database: str | None
    ) -> Follower | None:
        """The catalogue of the snapshot; None if there is none that can be used."""
        found = await cls.snapshot(connection, snapshots, database)
        if found is None:
            return None
        about, kept = found
        growing = await asyncio.to_thread(GrowingCatalogue.kept, kept)
        return cls(growing, about.place, database, about.change, about.as_of)

    @classmethod
    async def _of_tables(cls, connection: asyncpg.Connection, database: str | None) -> Follower:
        growing = GrowingCatalogue()
        async with log.moment(connection):
            place = log.Place(await log.horizon(connection))
            newest = await newest_change(connection)
            async for rows in all_rows(connection):
                await asyncio.to_thread(_put, growing, rows)
                turned(LOAD_SECONDS)  # many recipes on a slow machine take longer than that
        return cls(growing, place, database, newest)

    def parts(self) -> Parts:
        return self._growing.parts()

    def sizes(self) -> tuple[int, int]:
        size = self.state.size
        return size, size - self.state.sight.count()

    async def _frozen(self) -> Follower:
        """The same in as little memory as a snapshot has."""
        kept = await asyncio.to_thread(lambda: in_memory(self._growing.parts()))
        growing = await asyncio.to_thread(GrowingCatalogue.kept, kept)
        return Follower(growing, self._place, self._database, self._newest, self.state.as_of)

    async def follow(self, connection: asyncpg.Connection) -> int:
        """Apply what was committed; how many changes that were. Raises AnotherDatabase."""
        applied, more = 0, True
        while more:
            async with log.moment(connection):
                now = datetime.now(UTC)
                found = await log.after(connection, self._place, KINDS)
                rows = await rows_of(connection, found.rows["recipes"])
            async with self._changing:
                if found.transactions:
                    await self._take(found, rows, now)
                self._moved(found, len(found.rows["recipes"]), now)
            applied, more = applied + len(found.transactions), found.more
        return applied

    async def _take(self, found: log.Changes, rows: Rows, now: datetime) -> None:
        changed = found.rows["recipes"]
        await asyncio.to_thread(self._apply, rows, changed)
        as_of = 1 + max(self.state.as_of, *found.transactions.values())
        self.state = self._growing.state(as_of, now)

    async def learn(self, known: Known) -> None:
        """Set what is known of recipes apart from their rows."""
        async with self._changing:
            for field, values in known.items():
                await asyncio.to_thread(self._growing.learn, field, values)

    def _apply(self, rows: Rows, changed: Sequence[int]) -> None:
        entries = entries_of(rows)
        self._growing.put(entries)
        self._growing.remove(sorted(set(changed) - {entry.number for entry in entries}))


def _put(growing: GrowingCatalogue, rows: Rows) -> None:
    growing.put(entries_of(rows))
