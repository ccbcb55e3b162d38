"""Connections to PostgreSQL: a fair pool, and time limits for a server that does not answer."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from typing import Any

import asyncpg
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry
from sqlalchemy.util import await_only
from sqlalchemy.util.queue import AsyncAdaptedQueue, Empty

from mergehub.kit.request_clock import unhurried

CONNECT_SECONDS = 5.0
STATEMENT_SECONDS = 30.0
STUCK_SECONDS = 5.0


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    """A connection that ends when a statement takes too long or its task is cancelled.

    asyncpg asks the server to cancel the statement and waits for the answer, which a frozen server
    never gives. PostgreSQL ends the statement when it finds that its client is gone.
    """

    def _cancel_current_command(self, *waiters: object) -> None:
        self._loop.call_soon(self.terminate)


async def connect(
    dsn: str, statement_seconds: float | None = STATEMENT_SECONDS, **settings: str
) -> asyncpg.Connection:
    """A connection, with the server's `settings`. Raises OSError or asyncpg's errors in time."""
    return await asyncpg.connect(
        dsn,
        timeout=CONNECT_SECONDS,
        command_timeout=statement_seconds,
        connection_class=_Connection,
        server_settings={"client_connection_check_interval": "1000", **settings},
    )


class _FairQueue(AsyncAdaptedQueue[ConnectionPoolEntry]):
    """Hands a returned connection to the task that has waited longest.

    An asyncio queue would let newcomers take it first and send the waiting task to the end again.

    Under load, tasks may wait long; the wait does not count as a request's own time. If no good
    connection has come back for STUCK_SECONDS, the server is stuck and all waits end.
    """

    def __init__(self, maxsize: int = 0, use_lifo: bool = False) -> None:
        super().__init__(maxsize, use_lifo)
        self._free: deque[ConnectionPoolEntry] = deque()
        self._waiters: deque[asyncio.Future[ConnectionPoolEntry]] = deque()
        self._came_back = 0.0

    def empty(self) -> bool:
        return not self._free

    def full(self) -> bool:
        return self.qsize() >= self.maxsize > 0

    def qsize(self) -> int:
        return len(self._free)

    def put_nowait(self, item: ConnectionPoolEntry) -> None:
        if item.dbapi_connection is not None:
            self._came_back = time.monotonic()
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(item)
                return
        self._free.append(item)

    def put(
        self, item: ConnectionPoolEntry, block: bool = True, timeout: float | None = None
    ) -> None:
        self.put_nowait(item)  # never blocks: the pool makes no more than fit

    def get_nowait(self) -> ConnectionPoolEntry:
        if not self._free:
            raise Empty
        return self._free.pop()  # the last one used: what the server keeps for it is at hand

    def get(self, block: bool = True, timeout: float | None = None) -> ConnectionPoolEntry:
        if self._free or not block:
            return self.get_nowait()
        found: ConnectionPoolEntry = await_only(self._handed(timeout))
        return found

    async def _handed(self, seconds: float | None) -> ConnectionPoolEntry:
        waiter: asyncio.Future[ConnectionPoolEntry] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        began = time.monotonic()
        end = began + (math.inf if seconds is None else seconds)
        try:
            with unhurried():
                while not waiter.done():
                    stuck = max(began, self._came_back) + STUCK_SECONDS
                    left = min(stuck, end) - time.monotonic()
                    if left <= 0:
                        raise Empty
                    await asyncio.wait([waiter], timeout=left)
            return waiter.result()
        except BaseException:
            if waiter.done() and not waiter.cancelled():  # the connection came too late for us
                self.put_nowait(waiter.result())
            waiter.cancel()
            raise


class FairPool(AsyncAdaptedQueuePool):
    """SQLAlchemy's pool, first come, first served."""

    _queue_class: type[Any] = _FairQueue
