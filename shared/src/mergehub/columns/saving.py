"""A follower of the log of changes whose state a snapshot keeps, so that a start reads little."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from typing import Generic, TypeVar

import asyncpg
import structlog

from mergehub.columns.identity import database_of
from mergehub.columns.parts import Kept, Parts
from mergehub.columns.snapshots import About, Snapshots, Unusable
from mergehub.kit.replica import log
from mergehub.kit.replica.replica import State

logger = structlog.get_logger()

SHARE = 50
"""A snapshot is written when one of so many entries has changed."""
QUIET = 12
"""After so many times as long, it is written without a change."""
NEWEST = "SELECT id, xid::text::bigint FROM changes ORDER BY id DESC LIMIT 1"

S = TypeVar("S", bound=State)
Change = tuple[int, int]
"""A change of the log, and its transaction."""


class SavedFollower(ABC, Generic[S]):
    """The state of one load and of the changes since then.

    `unsaved` counts the entries that changed since `saved_at`, in seconds since 1970. `database`
    is None if no snapshot can be of it; `newest` is the newest change that was applied.

    `name` begins the names of log records; `table` is the one that another database has not.
    """

    name: str
    table: str
    state: S

    def __init__(self, place: log.Place, database: str | None, newest: Change | None) -> None:
        self._place, self._database, self._newest = place, database, newest
        self._changing = asyncio.Lock()
        self._read_at = datetime.now(UTC)
        self.unsaved, self.saved_at = 0, time.time()

    @abstractmethod
    def parts(self) -> Parts:
        """What a snapshot keeps, while nothing changes. It is written while things do."""

    @abstractmethod
    def sizes(self) -> tuple[int, int]:
        """How many entries there are, and how many of them nobody sees any more."""

    @classmethod
    async def identity(
        cls, connection: asyncpg.Connection, snapshots: Snapshots | None
    ) -> str | None:
        """The database, if a snapshot can be of it."""
        return None if snapshots is None else await database_of(connection, cls.table)

    @classmethod
    async def snapshot(
        cls, connection: asyncpg.Connection, snapshots: Snapshots | None, database: str | None
    ) -> tuple[About, Kept] | None:
        """The snapshot of a database; None if there is none that can be used."""
        if snapshots is None or database is None:
            return None
        try:
            found = await asyncio.to_thread(snapshots.read)
            if found is not None:
                await snapshots.check(found[0], connection, database)
        except Unusable as error:
            logger.warning(f"{cls.name}.snapshot_ignored", reason=str(error))
            return None
        return found

    async def save(self, snapshots: Snapshots | None) -> bool:
        """Write the snapshot; whether it was written."""
        if snapshots is None or self._database is None:
            return False
        async with self._changing:
            about, unsaved = self._about(snapshots.code, self._database), self.unsaved
            parts = await asyncio.to_thread(self.parts)
        try:
            written = await asyncio.to_thread(snapshots.write, about, parts)
        except OSError as error:
            logger.warning(f"{self.name}.snapshot_unwritable", reason=str(error))
            written = False
        self.unsaved, self.saved_at = self.unsaved - unsaved, time.time()
        return written

    async def save_if_due(self, snapshots: Snapshots, every: int, seconds: float) -> None:
        """Write the snapshot after so many changed entries, or after so long if any changed.

        If there are many entries, after more of them. In a quiet hub, now and then without changes,
        as an old snapshot cannot be used. What another process wrote is as good.
        """
        written_at = snapshots.written_at()
        if written_at > self.saved_at:
            self.unsaved, self.saved_at = 0, written_at
        age = time.time() - self.saved_at
        old = age > (seconds if self.unsaved else QUIET * seconds)
        if old or self.unsaved >= max(every, self.sizes()[0] // SHARE):
            await self.save(snapshots)

    def _about(self, code: str, database: str) -> About:
        entries, former = self.sizes()
        return About(
            code=code,
            database=database,
            horizon=self._place.horizon,
            applied=list(self._place.applied.items()),
            as_of=self.state.as_of,
            read_at=self._read_at.isoformat(),
            change=self._newest,
            entries=entries,
            former=former,
        )

    def _moved(self, found: log.Changes, rows: int, now: datetime) -> None:
        """Note how far the log was followed, and how many rows changed."""
        if found.transactions:
            self._newest = max(filter(None, (self._newest, *found.transactions.items())))
            self.unsaved += rows
        self._place, self._read_at = self._place.moved(found), now


async def newest_change(connection: asyncpg.Connection) -> Change | None:
    """The newest change of the log."""
    row = await connection.fetchrow(NEWEST)
    return None if row is None else (row[0], row[1])
