"""One question for all callers that ask the same at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class SingleFlight(Generic[K, T]):
    """Shares one question among all callers with the same key: a thousand followers, one query.

    Callers share a question until it is answered. With `fresh` they share it only until it begins,
    so that no answer is older than the call.
    """

    def __init__(self, *, fresh: bool = False) -> None:
        self._fresh = fresh
        self._shared: dict[K, asyncio.Task[T]] = {}
        self._tasks: set[asyncio.Task[T]] = set()

    async def __call__(self, key: K, ask: Callable[[], Awaitable[T]]) -> T:
        """The answer of `ask`, or of another caller's `ask`. Raises what that raises."""
        return await asyncio.shield(self._shared.get(key) or self._begin(key, ask))

    def forget(self) -> None:
        """Do not share pending questions with later callers."""
        self._shared.clear()

    async def close(self) -> None:
        """Cancel all pending questions; call this before you close what they use."""
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
            await asyncio.sleep(0)  # lets all callers that the same event woke join
            self._shared.pop(key, None)
        return await ask()

    def _ended(self, key: K, task: asyncio.Task[T]) -> None:
        """Forget a finished question, and mark its error as seen even if no caller waits."""
        self._tasks.discard(task)
        if self._shared.get(key) is task:
            del self._shared[key]
        if not task.cancelled():
            task.exception()
