"""Loads the catalogue from its snapshot or the tables, and then follows the log of changes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import asyncpg
import structlog

from mergehub.kit.replica import log
from mergehub.kit.replica.heap import LARGE, give_back, prepare, settle
from mergehub.kit.replica.replica import LOAD_SECONDS
from mergehub.kit.telemetry.loops import turned
from registry.search.bitmaps.parts import in_memory
from registry.search.catalogue.catalogue import Catalogue, GrowingCatalogue
from registry.search.replica.rows import Rows, all_rows, entries_of, rows_of
from registry.search.snapshot.identity import database_of
from registry.search.snapshot.snapshots import About, Snapshots, Unusable, check, code

logger = structlog.get_logger()

KINDS = ("recipes",)
SHARE = 50
"""A snapshot is written when one of so many recipes has changed."""
QUIET = 12
"""After so many times as long, it is written without a change."""
NEWEST = "SELECT id, xid::text::bigint FROM changes ORDER BY id DESC LIMIT 1"

Known = Mapping[str, Mapping[int, float]]
"""What is known of recipes apart from their rows, by field and number."""
Change = tuple[int, int]
"""A change of the log, and its transaction."""


class Follower:
    """The catalogue of one load and of the changes since then.

    `unsaved` counts the recipes that changed since `saved_at`, in seconds since 1970. `database`
    is None if no snapshot can be of it; `newest` is the newest change that was applied.
    """

    def __init__(
        self,
        growing: GrowingCatalogue,
        place: log.Place,
        database: str | None = None,
        newest: Change | None = None,
        as_of: int | None = None,
    ) -> None:
        self._growing, self._place = growing, place
        self._database, self._newest = database, newest
        self._changing = asyncio.Lock()
        self.unsaved, self.saved_at = 0, time.time()
        as_of = place.horizon if as_of is None else as_of
        self._read_at = datetime.now(UTC)
        self.state: Catalogue = growing.state(as_of, self._read_at)

    @classmethod
    async def load(
        cls, connection: asyncpg.Connection, snapshots: Snapshots | None = None
    ) -> Follower:
        """Read the snapshot, or without one all recipes, as they are at one moment."""
        prepare()
        database = await database_of(connection) if snapshots else None
        follower = await cls._of_snapshot(connection, snapshots, database)
        if follower is None:
            whole = await cls._of_tables(connection, database)
            if await whole.save(snapshots):  # in memory it is twice as large as mapped
                follower = await cls._of_snapshot(connection, snapshots, database)
            follower = follower or await whole._frozen()
        give_back(LARGE)
        settle()
        return follower

    @classmethod
    async def _of_snapshot(
        cls, connection: asyncpg.Connection, snapshots: Snapshots | None, database: str | None
    ) -> Follower | None:
        """The catalogue of the snapshot; None if there is none that can be used."""
        try:
            found = await asyncio.to_thread(snapshots.read) if snapshots else None
            if found is None:
                return None
            about, kept = found
            await check(about, connection, database)
        except Unusable as error:
            logger.warning("catalogue.snapshot_ignored", reason=str(error))
            return None
        growing = await asyncio.to_thread(GrowingCatalogue.kept, kept)
        return cls(growing, about.place, database, about.change, about.as_of)

    @classmethod
    async def _of_tables(cls, connection: asyncpg.Connection, database: str | None) -> Follower:
        growing = GrowingCatalogue()
        async with log.moment(connection):
            place = log.Place(await log.horizon(connection))
            newest = await connection.fetchrow(NEWEST)
            async for rows in all_rows(connection):
                await asyncio.to_thread(_put, growing, rows)
                turned(LOAD_SECONDS)  # many recipes on a slow machine take longer than that
        return cls(growing, place, database, None if newest is None else (newest[0], newest[1]))

    async def save(self, snapshots: Snapshots | None) -> bool:
        """Write the snapshot; whether it was written."""
        if snapshots is None or self._database is None:
            return False
        async with self._changing:
            about, unsaved = self._about(self._database), self.unsaved
            parts = await asyncio.to_thread(self._growing.parts)
        try:
            written = await asyncio.to_thread(snapshots.write, about, parts)
        except OSError as error:
            logger.warning("catalogue.snapshot_unwritable", reason=str(error))
            written = False
        self.unsaved, self.saved_at = self.unsaved - unsaved, time.time()
        return written

    async def save_if_due(self, snapshots: Snapshots, every: int, seconds: float) -> None:
        """Write the snapshot after so many changed recipes, or after so long if any changed.

        In a large catalogue, after more of them. In a quiet hub, now and then without changes, as
        an old snapshot cannot be used. What another process wrote is as good.
        """
        written_at = snapshots.written_at()
        if written_at > self.saved_at:
            self.unsaved, self.saved_at = 0, written_at
        age = time.time() - self.saved_at
        old = age > (seconds if self.unsaved else QUIET * seconds)
        if old or self.unsaved >= max(every, self.state.size // SHARE):
            await self.save(snapshots)

    def _about(self, database: str) -> About:
        return About(
            code=code(),
            database=database,
            horizon=self._place.horizon,
            applied=list(self._place.applied.items()),
            as_of=self.state.as_of,
            read_at=self._read_at.isoformat(),
            change=self._newest,
            entries=self.state.size,
            former=self.state.size - self.state.sight.count(),
        )

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
                self._place, self._read_at = self._place.moved(found), now
            applied, more = applied + len(found.transactions), found.more
        return applied

    async def _take(self, found: log.Changes, rows: Rows, now: datetime) -> None:
        changed = found.rows["recipes"]
        await asyncio.to_thread(self._apply, rows, changed)
        as_of = 1 + max(self.state.as_of, *found.transactions.values())
        self.state = self._growing.state(as_of, now)
        self._newest = max(filter(None, (self._newest, *found.transactions.items())))
        self.unsaved += len(changed)

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
