"""Wake-up calls over PostgreSQL's LISTEN and NOTIFY: hints to look again, never the truth."""

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
    """Ring `channel` when the transaction commits."""
    await session.execute(
        text("SELECT pg_notify(:channel, :payload)"), {"channel": channel, "payload": payload}
    )


class Signals:
    """One listening connection per process; waiters are woken by channel and payload.

    A waiter must still look by itself now and then: while the connection is down, calls are lost.
    """

    RECONNECT_SECONDS = 1.0
    QUIET_SECONDS = 15.0  # then the server is asked whether it is still there

    def __init__(self, url: str, channels: tuple[str, ...]) -> None:
        self._url = make_url(url).set(drivername="postgresql")
        self._channels = channels
        self._waiters: dict[tuple[str, str], set[asyncio.Event]] = defaultdict(set)
        self._acts: dict[str, list[Callable[[], object]]] = defaultdict(list)

    def on_call(self, channel: str, act: Callable[[], object]) -> None:
        """Have `act` called at each call of `channel`, and when calls may have been lost."""
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
        """Listen for ever, connecting again after a loss."""
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
                await connection.execute("SELECT 1")  # raises where the connection is lost
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
