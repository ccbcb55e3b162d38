"""The replica of some tables in this process: who keeps it current, and who waits for it."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from contextlib import AbstractAsyncContextManager, suppress
from datetime import UTC, datetime
from typing import Generic, Protocol, TypeVar

import asyncpg
import structlog

from mergehub.kit.background.resources import Resources
from mergehub.kit.database.notify import wait
from mergehub.kit.replica.log import AnotherDatabase
from mergehub.kit.telemetry.loops import turned

logger = structlog.get_logger()

LOOK_SECONDS = 1.0  # how often to look without a call
PAUSE_SECONDS = 0.05  # between looks for which nobody waits: many commits cost little more than one
REST, LONGEST_REST = 9, 0.5
"""It follows in at most a tenth of the time, as long as that does not make it old."""
LOAD_SECONDS = 600.0
FORGET_SECONDS = 12 * 3600.0  # the log is kept for a day; a replica that missed so much loads anew


class State(Protocol):
    """What a replica knows: `as_of` grows with each change; the log was read at `read_at`."""

    @property
    def as_of(self) -> int: ...

    @property
    def read_at(self) -> datetime: ...


S = TypeVar("S", bound=State)
Kept_co = TypeVar("Kept_co", bound=State, covariant=True)
Measured_contra = TypeVar("Measured_contra", bound=State, contravariant=True)


class Follower(Protocol[Kept_co]):
    """One load of the tables, and the changes since then."""

    @property
    def state(self) -> Kept_co: ...

    async def follow(self, connection: asyncpg.Connection) -> int:
        """Apply what was committed; how many changes that were. Raises AnotherDatabase."""
        ...


class Metrics(Protocol[Measured_contra]):
    """What is counted of a replica."""

    def behind_seconds(self) -> float: ...

    def applied(self, changes: int) -> None: ...

    def looked(self, state: Measured_contra) -> None: ...


class Replica(ABC, Generic[S]):
    """Follows the tables while `run` runs. `state` is None until the first load ends.

    `name` begins the names of its log records; `channel` calls it when there is a change.
    """

    name: str
    channel: str

    def __init__(self, resources: Resources, metrics: Metrics[S]) -> None:
        self.state: S | None = None
        self._database, self._signals = resources.database, resources.signals
        self._metrics = metrics
        self._follower: Follower[S] | None = None
        self._loaded, self._woken = asyncio.Event(), asyncio.Event()
        self._awaited = asyncio.Event()
        self._next_look, self._next_state = _future(), _future()

    @abstractmethod
    async def load(self, connection: asyncpg.Connection) -> Follower[S]:
        """Read the tables whole."""

    async def loaded(self, seconds: float) -> S | None:
        """The state as soon as it is loaded; None if that takes longer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._loaded.wait()
        return self.state

    async def current(self) -> S:
        """The state with all that was committed before this call."""
        look = self._next_look
        self._awaited.set()
        self._woken.set()
        await asyncio.shield(look)
        assert self.state is not None
        return self.state

    async def newer(self, than: int) -> S:
        """The state as soon as it has a change after this position."""
        while self.state is None or self.state.as_of <= than:
            await asyncio.shield(self._next_state)
        return self.state

    def silent_seconds(self) -> float:
        """How long ago the log was read, to its end or, while there is much of it, in part."""
        seconds = self._metrics.behind_seconds()
        if self._follower is None:
            return seconds
        since = datetime.now(UTC) - self._follower.state.read_at
        return min(seconds, since.total_seconds())

    def forget(self) -> None:
        """Load the tables anew at the next look, as the log does not have everything."""
        self._follower = None

    async def run(self) -> None:
        """Follow for ever."""
        with self._signals.subscribe(self.channel) as self._woken:
            async with self.connection() as connection:
                while True:
                    turned(LOAD_SECONDS)
                    began = time.monotonic()
                    await self._look(connection)
                    turned()
                    rest = min(LONGEST_REST, REST * (time.monotonic() - began))
                    await wait(self._awaited, max(PAUSE_SECONDS, rest))
                    await wait(self._woken, LOOK_SECONDS)

    def connection(self) -> AbstractAsyncContextManager[asyncpg.Connection]:
        """A connection of the driver, for COPY."""
        return self._database.driver(TimeZone="UTC", jit="off")

    async def _look(self, connection: asyncpg.Connection) -> None:
        """Bring the state up to the present; then those who wait for this look go on."""
        look, self._next_look = self._next_look, _future()
        try:
            follower = await self._loaded_follower(connection)
            self._metrics.applied(await follower.follow(connection))
        except AnotherDatabase:
            logger.warning(f"{self.name}.another_database")
            self._follower, self._next_look = None, look
            return
        except BaseException:
            self._next_look = look  # the next look is good as well
            raise
        if follower.state is not self.state:
            self.state = follower.state
            self._loaded.set()
            self._next_state.set_result(None)
            self._next_state = _future()
        self._metrics.looked(follower.state)
        look.set_result(None)

    async def _loaded_follower(self, connection: asyncpg.Connection) -> Follower[S]:
        if self._follower is None or self._metrics.behind_seconds() > FORGET_SECONDS:
            began = time.monotonic()
            self._follower = await self.load(connection)
            logger.info(f"{self.name}.loaded", seconds=round(time.monotonic() - began, 3))
        return self._follower


def _future() -> asyncio.Future[None]:
    return asyncio.get_running_loop().create_future()
