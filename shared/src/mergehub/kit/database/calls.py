"""Wake-up calls after commits: many within a moment are made as one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextvars import Context

import structlog

log = structlog.get_logger()

Call = tuple[str, str]
"""A channel, and what it carries."""


class Calls:
    """Calls channels of PostgreSQL: the first time at once, and then once in each pause.

    A call within a transaction wakes every listening connection at each commit, and PostgreSQL ends
    such transactions one after the other. These calls come after the commit instead. One that is
    lost, as the process ends, only delays those who listen until they look by themselves.
    """

    PAUSE_SECONDS = 0.05

    def __init__(self, make: Callable[[Collection[Call]], Awaitable[object]]) -> None:
        self._make = make
        self._due: set[Call] = set()
        self._making: asyncio.Task[None] | None = None

    def soon(self, calls: Collection[Call]) -> None:
        """Make calls about what is committed."""
        self._due.update(calls)
        if self._due and (self._making is None or self._making.done()):
            # Not in the context of the request that happens to be the first.
            self._making = asyncio.create_task(self._make_due(), context=Context())

    async def _make_due(self) -> None:
        while self._due:
            due, self._due = self._due, set()
            try:
                await self._make(due)
            except Exception as error:
                log.warning("calls.lost", error=str(error))
            await asyncio.sleep(self.PAUSE_SECONDS)

    async def close(self) -> None:
        """Wait until all calls were made."""
        if self._making is not None:
            await self._making
