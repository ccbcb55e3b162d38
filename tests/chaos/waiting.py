"""Waiting for what other processes do, and doing other things meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

LOOK_SECONDS = 0.1


async def until(holds: Callable[[], Awaitable[bool]], pause: float = LOOK_SECONDS) -> None:
    """Return as soon as something holds; how long to wait at most is the caller's business."""
    while not await holds():  # noqa: ASYNC110 - other processes, which set no events of ours
        await asyncio.sleep(pause)


@asynccontextmanager
async def beside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do endless work while the block lasts; where it fails, so does the block."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
