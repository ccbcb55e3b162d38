"""The replica of the graph in this process: who keeps it current, and who waits for it."""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractAsyncContextManager, suppress
from datetime import UTC, datetime

import asyncpg
import structlog

from lineage.learning.changes import CHANNEL
from lineage.memory.graph import Graph
from lineage.replica.following import AnotherDatabase, Follower
from lineage.replica.metrics import GraphMetrics
from mergehub.kit.background.resources import Resources
from mergehub.kit.database.notify import wait
from mergehub.kit.telemetry.loops import turned

log = structlog.get_logger()

LOOK_SECONDS = 1.0  # how often to look without a call
LOAD_SECONDS = 600.0
FORGET_SECONDS = 12 * 3600.0  # the log is kept for a day; a replica that missed so much loads anew


class Replica:
    """Follows the tables while `run` runs. `graph` is None until the first load ends."""

    def __init__(self, resources: Resources) -> None:
        self.graph: Graph | None = None
        self._database, self._signals = resources.database, resources.signals
        self._metrics = GraphMetrics(resources.metrics)
        self._follower: Follower | None = None
        self._loaded, self._woken = asyncio.Event(), asyncio.Event()
        self._next_look, self._next_graph = _future(), _future()

    async def loaded(self, seconds: float) -> Graph | None:
        """The graph as soon as it is loaded; None if that takes longer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._loaded.wait()
        return self.graph

    async def current(self) -> Graph:
        """The graph with all that was committed before this call."""
        look = self._next_look
        self._woken.set()
        await asyncio.shield(look)
        assert self.graph is not None
        return self.graph

    async def newer(self, than: int) -> Graph:
        """The graph as soon as it has a change after this position."""
        while self.graph is None or self.graph.as_of <= than:
            await asyncio.shield(self._next_graph)
        return self.graph

    def silent_seconds(self) -> float:
        """How long ago the log was read, to its end or, while there is much of it, in part."""
        seconds = self._metrics.behind_seconds()
        if self._follower is None:
            return seconds
        since = datetime.now(UTC) - self._follower.graph.read_at
        return min(seconds, since.total_seconds())

    def forget(self) -> None:
        """Load the graph anew at the next look, as the log does not have everything."""
        self._follower = None

    async def run(self) -> None:
        """Follow for ever."""
        with self._signals.subscribe(CHANNEL) as self._woken:
            async with self._connection() as connection:
                while True:
                    turned(LOAD_SECONDS)
                    await self._look(connection)
                    turned()
                    await wait(self._woken, LOOK_SECONDS)

    def _connection(self) -> AbstractAsyncContextManager[asyncpg.Connection]:
        return self._database.driver(TimeZone="UTC", jit="off")

    async def _look(self, connection: asyncpg.Connection) -> None:
        """Bring the graph up to the present; then those who wait for this look go on."""
        look, self._next_look = self._next_look, _future()
        try:
            follower = await self._loaded_follower(connection)
            self._metrics.applied(await follower.follow(connection))
        except AnotherDatabase:
            log.warning("graph.another_database")
            self._follower, self._next_look = None, look
            return
        except BaseException:
            self._next_look = look  # the next look is good as well
            raise
        if follower.graph is not self.graph:
            self.graph = follower.graph
            self._loaded.set()
            self._next_graph.set_result(None)
            self._next_graph = _future()
        self._metrics.looked(follower.graph)
        look.set_result(None)

    async def _loaded_follower(self, connection: asyncpg.Connection) -> Follower:
        if self._follower is None or self._metrics.behind_seconds() > FORGET_SECONDS:
            began = time.monotonic()
            async with self._connection() as beside:
                self._follower = await Follower.load(connection, beside)
            log.info("graph.loaded", seconds=round(time.monotonic() - began, 3))
        return self._follower


def _future() -> asyncio.Future[None]:
    return asyncio.get_running_loop().create_future()
