"""Deletes once an hour what has been kept for long enough."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.database import Database, only_one
from mergehub.kit.telemetry.loops import turned

log = structlog.get_logger()

Prune = Callable[[AsyncSession, timedelta], Awaitable[int]]


class Pruner:
    """Calls `prune` with how long to keep things. Only one replica works at a time."""

    EVERY_SECONDS = 3600.0
    PRUNE_SECONDS = 900.0

    def __init__(self, database: Database, prune: Prune, days: int) -> None:
        self._database = database
        self._prune = prune
        self._keep = timedelta(days=days)

    async def run(self) -> None:
        """Prune every hour, for ever. The first hour lets readers catch up after an outage."""
        while True:
            turned(self.EVERY_SECONDS + self.PRUNE_SECONDS)
            await asyncio.sleep(self.EVERY_SECONDS)
            await self.prune()

    async def prune(self) -> int:
        """Prune once; returns how many rows were deleted."""
        async with self._database.unhurried() as connection, AsyncSession(connection) as session:
            if not await only_one(session, f"prune:{self._database.schema}"):
                return 0
            gone = await self._prune(session, self._keep)
        log.info("pruned", schema=self._database.schema, rows=gone)
        return gone
