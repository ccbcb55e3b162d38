"""Whether a service's tables are there, which another program may be about to make."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from mergehub.kit.database.database import Database
from mergehub.kit.database.schema import lacking, newest, revision, revisions
from mergehub.kit.telemetry.loops import Loop, turned

log = structlog.get_logger()

LOOK_SECONDS = 1.0


async def _nothing() -> None:
    return None


class Tables:
    """The tables of a service; `prepare` runs once when they are there, before any request.

    `missing` is what they lacked at the last look, as a sentence, and None afterwards.
    """

    def __init__(self, database: Database, package: str) -> None:
        self.prepare: Callable[[], Awaitable[None]] = _nothing
        self.missing: str | None = "The migrations of the database have not been looked at yet."
        self._database = database
        self._package = package
        self._prepared = False
        self._one_at_a_time = asyncio.Lock()
        self._newer: str | None = None

    async def look(self) -> str | None:
        """What the tables lack now, as a sentence; None if they can be used."""
        found = await revision(self._database)
        lacks = lacking(self._database.schema, self._package, found)
        if lacks is None:
            self._note_newer(found)
            await self._prepare()
        self.missing = None if self._prepared else lacks
        return lacks

    async def wait(self) -> None:
        """Return as soon as the tables can be used."""
        while self.missing is not None and await self.look() is not None:
            turned()
            await asyncio.sleep(LOOK_SECONDS)

    def after(self, loop: Loop) -> Loop:
        """A loop that waits for the tables before it begins."""

        async def begin() -> None:
            await self.wait()
            await loop()

        return begin

    async def _prepare(self) -> None:
        async with self._one_at_a_time:
            if not self._prepared:
                await self.prepare()
                self._prepared = True

    def _note_newer(self, found: str | None) -> None:
        """Log once that a newer release has migrated the tables."""
        if found not in revisions(self._package) and found != self._newer:
            self._newer = found
            known = newest(self._package)
            log.warning("tables.newer", schema=self._database.schema, at=found, known=known)
