"""Loops beside the HTTP process: watched, restarted when they fail or hang, stopped together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar

import structlog

from mergehub.backoff import Backoff

log = structlog.get_logger()

Loop = Callable[[], Awaitable[None]]

BACKOFF = Backoff(first=0.2, longest=5.0)
TURN_SECONDS = 60.0
STUCK_SECONDS = 15.0  # for a loop that hangs to end once it is cancelled


class Watched:
    """A loop, and the time by which its next turn must begin; after that it is late.

    A loop that is late is cancelled and started again, so lateness can be the fault of a store that
    is down. A loop is stuck if that did not help: it ignores the cancellation, or blocks the
    process. Only a new process helps then.
    """

    def __init__(self, name: str, loop: Loop) -> None:
        self.name = name
        self._loop = loop
        self._clock = asyncio.get_running_loop().time
        self._deadline = self._clock() + TURN_SECONDS
        self._restart = self._deadline
        self._limit: asyncio.Timeout | None = None
        self._error = "it hangs"

    @property
    def late_seconds(self) -> float:
        """How many seconds the next turn is overdue; 0 while the loop is on time."""
        return max(0.0, self._clock() - self._deadline)

    @property
    def fault(self) -> str | None:
        """The fault of the loop as a sentence; None if it is on time."""
        if not self.late_seconds:
            return None
        return f"The loop {self.name} has made no progress for too long: {self._error}."

    @property
    def stuck(self) -> bool:
        """Whether the loop has neither turned nor been started again; any thread may ask."""
        return self._clock() > self._restart + STUCK_SECONDS

    def turned(self, within: float) -> None:
        """Note a turn of the loop; the next one is due `within` seconds."""
        self._deadline = self._restart = self._clock() + within
        if self._limit is not None and not self._limit.expired():
            self._limit.reschedule(self._deadline)

    async def keep_running(self) -> None:
        """Run the loop until this task is cancelled; pause longer after each failure.

        A loop that is late is cancelled and started again.
        """
        pauses = BACKOFF.pauses()
        while not _cancelled():
            started = self._clock()
            await self._run_once()
            if self._clock() - started > 10 * BACKOFF.longest:
                pauses = BACKOFF.pauses()
            self._restart = self._clock() + TURN_SECONDS
            await asyncio.sleep(next(pauses))

    async def _run_once(self) -> None:
        """Run the loop until it ends or fails, whatever it raises."""
        token = _current.set(self)
        self._restart = self._clock() + TURN_SECONDS
        try:
            async with asyncio.timeout(TURN_SECONDS) as self._limit:
                await self._loop()
            self._failed("it ended")
        except asyncio.CancelledError:
            if _cancelled():
                raise
            self._failed("a library cancelled it")  # we did not
        except Exception as error:
            hung = self._limit is not None and self._limit.expired()
            self._failed("it hung" if hung else type(error).__name__, error)
        finally:
            self._limit = None
            _current.reset(token)

    def _failed(self, why: str, error: Exception | None = None) -> None:
        self._error = why  # without the error's text, which readiness would show to anyone
        with suppress(Exception):  # a log that cannot be written must not end the loop
            told = why if error is None else f"{why}: {error}"
            log.warning("loop.failed", loop=self.name, error=told)


_current: ContextVar[Watched | None] = ContextVar("loop", default=None)


def turned(within: float = TURN_SECONDS) -> None:
    """Note, from inside a loop, a turn of it; the next one is due `within` seconds."""
    loop = _current.get()
    if loop is not None:
        loop.turned(within)


def _cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class Loops:
    """The loops of a process."""

    def __init__(self, loops: Mapping[str, Loop]) -> None:
        self.watched = [Watched(name, loop) for name, loop in loops.items()]

    def faults(self) -> list[str]:
        """A sentence about each loop that is late."""
        return [loop.fault for loop in self.watched if loop.fault]

    def stuck(self) -> list[str]:
        """A sentence about each loop that only a new process can start again."""
        return [f"The loop {loop.name} is stuck." for loop in self.watched if loop.stuck]


@asynccontextmanager
async def running(loops: Mapping[str, Loop], farewell: float = 1.0) -> AsyncIterator[Loops]:
    """Run all `loops` while the block lasts; each then has `farewell` seconds to end."""
    watched = Loops(loops)
    tasks = [asyncio.create_task(loop.keep_running()) for loop in watched.watched]
    try:
        yield watched
    finally:
        # A library may swallow a cancellation (redis does while it connects): cancel again.
        while pending := [task for task in tasks if not task.done()]:
            for task in pending:
                task.cancel()
            await asyncio.wait(pending, timeout=farewell)
