"""Wait for other processes, and run work in the background."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

LOOK_SECONDS = 0.1


async def until(holds: Callable[[], Awaitable[bool]], pause: float = LOOK_SECONDS) -> None:
    """Return as soon as `holds` is true; the caller sets a time limit."""
    while not await holds():  # noqa: ASYNC110 - other processes, which set no events of ours
        await asyncio.sleep(pause)


@asynccontextmanager
async def beside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run endless work while the block lasts; if the work fails, the block fails."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
