"""Wake-up calls by PostgreSQL's LISTEN and NOTIFY. A call is only a hint to look again."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import asyncpg
import structlog
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.connections import connect
from mergehub.kit.telemetry.loops import turned

log = structlog.get_logger()


async def notify(session: AsyncSession, channel: str, payload: str = "") -> None:
    """Call the listeners of `channel` when the transaction commits."""
    await session.execute(
        text("SELECT pg_notify(:channel, :payload)"), {"channel": channel, "payload": payload}
    )


class Signals:
    """One listening connection per process, which wakes waiters by channel and payload.

    A waiter must still look by itself from time to time: calls are lost while the connection is
    down.
    """

    RECONNECT_SECONDS = 1.0
    QUIET_SECONDS = 15.0  # after so long without a call, the connection is tested

    def __init__(self, url: str, channels: tuple[str, ...]) -> None:
        self._url = make_url(url).set(drivername="postgresql")
        self._channels = channels
        self._waiters: dict[tuple[str, str], set[asyncio.Event]] = defaultdict(set)
        self._acts: dict[str, list[Callable[[], object]]] = defaultdict(list)

    def on_call(self, channel: str, act: Callable[[], object]) -> None:
        """Run `act` at each call of `channel`, and whenever calls may have been lost."""
        self._acts[channel].append(act)

    @contextmanager
    def subscribe(self, channel: str, payload: str = "") -> Iterator[asyncio.Event]:
        """An event that is set at each call; the waiter clears it."""
        woken = asyncio.Event()
        self._waiters[channel, payload].add(woken)
        try:
            yield woken
        finally:
            waiters = self._waiters[channel, payload]
            waiters.discard(woken)
            if not waiters:
                del self._waiters[channel, payload]

    async def run(self) -> None:
        """Listen for ever, and connect again after a loss."""
        while True:
            try:
                await self._listen()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("signals.lost", error=str(error))
            await asyncio.sleep(self.RECONNECT_SECONDS)

    async def _listen(self) -> None:
        connection = await connect(self._url.render_as_string(hide_password=False))
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        try:
            for channel in self._channels:
                await connection.add_listener(channel, self._wake)
            self._wake_all()
            while True:
                turned()
                await wait(lost, self.QUIET_SECONDS)
                await connection.execute("SELECT 1")  # raises if the connection is lost
        finally:
            connection.terminate()

    def _wake(self, connection: object, pid: int, channel: str, payload: object) -> None:
        for waiter in self._waiters.get((channel, str(payload)), ()):
            waiter.set()
        for act in self._acts.get(channel, ()):
            act()

    def _wake_all(self) -> None:
        for waiters in self._waiters.values():
            for waiter in waiters:
                waiter.set()
        for acts in self._acts.values():
            for act in acts:
                act()


async def wait(woken: asyncio.Event, seconds: float) -> None:
    """Return at the next call, or after `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            await woken.wait()
    except TimeoutError:
        return
    woken.clear()
