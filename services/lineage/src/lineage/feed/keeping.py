"""Keeps the positions of models current, as the log of changes grows."""

from __future__ import annotations

import asyncio
import time

import asyncpg

from lineage.feed import positions
from lineage.learning import changes
from mergehub.kit.background.resources import Resources
from mergehub.kit.database.notify import wait
from mergehub.kit.telemetry.loops import turned

CHANNEL = "lineage_feed"
LOOK_SECONDS = 20.0  # how often to look without a call
SHARE = 10  # of the time at most one part in ten is spent here


class FeedKeeper:
    """Gives positions while `run` runs. Any number of processes may run one."""

    def __init__(self, resources: Resources) -> None:
        self._database, self._signals = resources.database, resources.signals

    async def run(self) -> None:
        """Keep positions for ever; soon after a change, and never most of the time."""
        with self._signals.subscribe(changes.CHANNEL) as woken:
            async with self._database.driver(TimeZone="UTC", jit="off") as connection:
                while True:
                    turned()
                    began = time.monotonic()
                    more = await self._turn(connection)
                    pause = (SHARE - 1) * (time.monotonic() - began)
                    turned(pause + 2 * LOOK_SECONDS)
                    await asyncio.sleep(pause)
                    if not more:
                        await wait(woken, LOOK_SECONDS)

    async def refresh(self) -> None:
        """Read the log to its end."""
        async with self._database.driver(TimeZone="UTC", jit="off") as connection:
            while await self._turn(connection):
                pass

    async def _turn(self, connection: asyncpg.Connection) -> bool:
        """Give some positions, and wake those who follow; whether there is more to do."""
        changed, more = await positions.advance(connection)
        if changed:
            await connection.execute("SELECT pg_notify($1, '')", CHANNEL)
        return more
