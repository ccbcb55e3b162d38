"""The sender: takes due deliveries, posts them many at once, and settles what came of them.

Any number may work at a time; each delivery is in the hand of one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress

import structlog

from mergehub.kit.addresses import Network
from mergehub.kit.database import Database
from mergehub.kit.guarded import Resolve, Resolver
from mergehub.kit.notify import Signals, wait
from registry.webhooks import health, queue
from registry.webhooks.attempt import Post
from registry.webhooks.fanout import CHANNEL
from registry.webhooks.queue import Claimed, Outcome, Room
from registry.webhooks.schedule import judge

log = structlog.get_logger()


class Sender:
    """Sends what is due."""

    LOOK_SECONDS = 1.0
    AT_ONCE = Room(total=1000, endpoint=50, failing=2)

    def __init__(
        self, database: Database, allowed: Collection[Network], resolve: Resolve | None = None
    ) -> None:
        self._database = database
        self._post = Post(allowed, resolve or Resolver())
        self._busy: Counter[object] = Counter()
        self._tasks: dict[asyncio.Task[None], Claimed] = {}
        self._outcomes: list[Outcome] = []
        self._news = asyncio.Event()

    @property
    def busy(self) -> int:
        """How many deliveries are in hand."""
        return self._busy.total()

    async def run(self, signals: Signals) -> None:
        """Send for ever, woken by each commit that wrote a delivery."""
        with signals.subscribe(CHANNEL) as woken:
            async with self._settling(woken):
                while True:
                    await self.take()
                    await wait(woken, self.LOOK_SECONDS)

    async def send_due(self) -> int:
        """Send what is due now, to its end; returns how many deliveries were tried."""
        taken = await self.take()
        await asyncio.gather(*self._tasks)
        await self.settle()
        return taken

    async def take(self) -> int:
        """Begin to send what is due and has room; returns how many deliveries that are."""
        limits = self.AT_ONCE
        room = Room(limits.total - self.busy, limits.endpoint, limits.failing)
        if room.total <= 0:
            return 0
        async with self._database.transaction() as session:
            taken = await queue.claim(session, room, self._busy)
        for claimed in taken:
            self._busy[claimed.endpoint] += 1
            task = asyncio.create_task(self._send(claimed))
            self._tasks[task] = claimed
            task.add_done_callback(self._tasks.pop)
        return len(taken)

    async def settle(self) -> None:
        """Write down what came of the tries that ended."""
        outcomes = self._outcomes[:]
        if not outcomes:
            return
        async with self._database.transaction() as session:
            await health.note(session, outcomes)
            heard = await queue.settle(session, outcomes)
            await health.give_up(session, heard)
        del self._outcomes[: len(outcomes)]
        for outcome in outcomes:
            self._forget(outcome.claimed)

    async def _send(self, claimed: Claimed) -> None:
        reply = await self._post.send(claimed.letter)
        verdict = judge(claimed.attempt, reply.status, reply.retry_after)
        self._outcomes.append(Outcome(claimed, reply, verdict))
        self._news.set()

    def _forget(self, claimed: Claimed) -> None:
        self._busy[claimed.endpoint] -= 1
        if not self._busy[claimed.endpoint]:
            del self._busy[claimed.endpoint]

    @asynccontextmanager
    async def _settling(self, woken: asyncio.Event) -> AsyncIterator[None]:
        settling = asyncio.create_task(self._settle_for_ever(woken))
        try:
            yield
        finally:
            settling.cancel()
            await self.stop()

    async def _settle_for_ever(self, woken: asyncio.Event) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self.settle()
            except Exception as error:  # what came back is kept, and written down in a moment
                log.warning("webhooks.unsettled", error=f"{type(error).__name__}: {error}")
                await asyncio.sleep(self.LOOK_SECONDS)
                self._news.set()
            woken.set()

    async def stop(self) -> None:
        """Settle what ended, and hand back what did not."""
        unsent = dict(self._tasks)
        for task in unsent:
            task.cancel()
        await asyncio.gather(*unsent, return_exceptions=True)
        with suppress(Exception):
            await self.settle()
            async with self._database.transaction() as session:
                await queue.release(session, list(unsent.values()))
        await self._post.close()
