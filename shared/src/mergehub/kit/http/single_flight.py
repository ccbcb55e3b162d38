"""One look for all who want to know at the same moment: a thousand followers, a single query."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class SingleFlight(Generic[K, T]):
    """Calls `look` once for all who ask for the same key before it begins.

    So nobody gets an answer that is older than their question. Raises what `look` raises.
    """

    def __init__(self, look: Callable[[K], Awaitable[T]]) -> None:
        self._look = look
        self._waiting: dict[K, asyncio.Task[T]] = {}
        self._tasks: set[asyncio.Task[T]] = set()

    async def __call__(self, key: K) -> T:
        task = self._waiting.get(key)
        if task is None:
            task = self._waiting[key] = asyncio.create_task(self._begin(key))
            self._tasks.add(task)
            task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    async def _begin(self, key: K) -> T:
        await asyncio.sleep(0)  # all who were woken by the same call come first
        del self._waiting[key]
        return await self._look(key)

    def _ended(self, task: asyncio.Task[T]) -> None:
        """Its error is for those who still wait, and nobody may."""
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()

    async def close(self) -> None:
        """End the looks that nobody waits for any more, before what they look at is closed."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
