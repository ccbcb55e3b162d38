"""A worker's shift: whether it may claim a run now, and when it ends by itself."""

from __future__ import annotations

import asyncio
import math

import structlog

log = structlog.get_logger()


class Shift:
    """Lets a worker claim one run at a time until the shift is over.

    It is over after `runs` runs, however they ended, or `idle_seconds` after the last one; 0 sets
    no limit. It never ends by itself during a run or a claim.
    """

    def __init__(self, runs: int = 0, idle_seconds: float = 0) -> None:
        self.free = asyncio.Event()  # set while the worker may claim a run
        self.over = asyncio.Event()
        self.busy = False  # whether a claim or a run is in progress
        self._left = runs or math.inf
        self._idle_seconds = idle_seconds or math.inf
        self._loop = asyncio.get_running_loop()
        self._idle: asyncio.TimerHandle | None = None
        self._begin_idling()

    def claim(self) -> bool:
        """Note that a claim begins. False if another one is in progress or the shift is over."""
        if not self.free.is_set():
            return False
        self.free.clear()
        self.busy = True
        self._stop_waiting()
        return True

    def refused(self) -> None:
        """Note that the claim was not granted; the worker has been idle all the time."""
        self.busy = False
        self._wait()

    def ran(self) -> None:
        """Note that a claimed run has ended."""
        self.busy = False
        self._left -= 1
        if self._left <= 0:
            self.end("its runs are done")
        else:
            self._begin_idling()

    def end(self, why: str) -> None:
        """Let the worker claim no more."""
        if not self.over.is_set():
            log.info("shift.over", why=why)
        self.free.clear()
        self.over.set()
        self._stop_waiting()

    def _begin_idling(self) -> None:
        self._until = self._loop.time() + self._idle_seconds
        self._wait()

    def _wait(self) -> None:
        if self.over.is_set():
            return
        self.free.set()
        if self._until < math.inf:
            self._idle = self._loop.call_at(self._until, self.end, "no run came")

    def _stop_waiting(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
