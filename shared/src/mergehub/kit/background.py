"""Loops beside the HTTP process: started together, restarted when they fail, stopped together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import structlog

log = structlog.get_logger()

Loop = Callable[[], Awaitable[None]]

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0


async def _keep_running(name: str, loop: Loop) -> None:
    """Run `loop` for ever; pause longer after each failure, up to a limit."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        started = asyncio.get_running_loop().time()
        try:
            await loop()
        except Exception as error:
            log.warning("loop.failed", loop=name, error=f"{type(error).__name__}: {error}")
        if asyncio.get_running_loop().time() - started > 10 * LONGEST_PAUSE_SECONDS:
            pause = FIRST_PAUSE_SECONDS
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


@asynccontextmanager
async def running(loops: Mapping[str, Loop], farewell: float = 1.0) -> AsyncIterator[None]:
    """Run all `loops` while the block lasts; each has `farewell` seconds to end in."""
    tasks = [asyncio.create_task(_keep_running(name, loop)) for name, loop in loops.items()]
    try:
        yield
    finally:
        # A library may swallow a cancellation (redis does while it connects): ask again.
        while pending := [task for task in tasks if not task.done()]:
            for task in pending:
                task.cancel()
            await asyncio.wait(pending, timeout=farewell)
