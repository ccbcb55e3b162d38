"""One question for all who want to know the same at the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class SingleFlight(Generic[K, T]):
    """Shares what is asked under one key: a thousand followers, a single query.

    Callers share a question until it is answered. With `fresh` they share it only until it begins,
    so that no answer is older than the call.
    """

    def __init__(self, *, fresh: bool = False) -> None:
        self._fresh = fresh
        self._shared: dict[K, asyncio.Task[T]] = {}
        self._tasks: set[asyncio.Task[T]] = set()

    async def __call__(self, key: K, ask: Callable[[], Awaitable[T]]) -> T:
        """What `ask` returns, or the `ask` of another caller. Raises what that raises."""
        return await asyncio.shield(self._shared.get(key) or self._begin(key, ask))

    def forget(self) -> None:
        """Share nothing of what is being asked right now with those who call from here on."""
        self._shared.clear()

    async def close(self) -> None:
        """End the questions that nobody waits for any more, before what they ask is closed."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, key: K, ask: Callable[[], Awaitable[T]]) -> asyncio.Task[T]:
        task = asyncio.create_task(self._answer(key, ask))
        self._shared[key] = task
        self._tasks.add(task)
        task.add_done_callback(lambda _: self._ended(key, task))
        return task

    async def _answer(self, key: K, ask: Callable[[], Awaitable[T]]) -> T:
        if self._fresh:
            await asyncio.sleep(0)  # all who were woken by the same call come first
            self._shared.pop(key, None)
        return await ask()

    def _ended(self, key: K, task: asyncio.Task[T]) -> None:
        """Its error is for those who still wait, and nobody may."""
        self._tasks.discard(task)
        if self._shared.get(key) is task:
            del self._shared[key]
        if not task.cancelled():
            task.exception()
