"""The sender: claims due deliveries, sends many at once, and settles their outcomes.

Any number of senders may work at a time; one of them holds each delivery.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager

import structlog
from prometheus_client import CollectorRegistry

from mergehub.kit.database.database import Database
from mergehub.kit.database.notify import Signals, wait
from mergehub.kit.identity.sealing import Sealer
from mergehub.kit.outbound.addresses import Network
from mergehub.kit.outbound.guarded import Resolve, Resolver
from mergehub.kit.telemetry.loops import turned
from mergehub.kit.telemetry.traces import span
from registry.webhooks.fanout import CHANNEL
from registry.webhooks.secrets import reseal
from registry.webhooks.sending import claim, health, settle
from registry.webhooks.sending.attempt import Post
from registry.webhooks.sending.claim import Claimed
from registry.webhooks.sending.concurrency import Concurrency
from registry.webhooks.sending.measures import Measures
from registry.webhooks.sending.schedule import judge
from registry.webhooks.sending.settle import Outcome

log = structlog.get_logger()


class Sender:
    """Sends due deliveries."""

    LOOK_SECONDS = 1.0

    def __init__(
        self,
        database: Database,
        allowed: Collection[Network],
        sealer: Sealer,
        resolve: Resolve | None = None,
        measures: Measures | None = None,
    ) -> None:
        self._measures = measures or Measures(CollectorRegistry())
        self._database = database
        self._sealer = sealer
        self._post = Post(allowed, sealer, resolve or Resolver())
        self._tasks: dict[asyncio.Task[None], Claimed] = {}
        self._outcomes: list[Outcome] = []
        self._news = asyncio.Event()
        self.concurrency = Concurrency()

    async def run(self, signals: Signals) -> None:
        """Send without end, woken by each commit that wrote a delivery.

        Raises SecretsUnreadable if nothing could be signed.
        """
        async with self._database.transaction() as session:
            await reseal(session, self._sealer)
        with signals.subscribe(CHANNEL) as woken:
            async with self._settling(woken) as settling:
                while not settling.done():
                    if await _calmly(self.take):
                        turned()
                    await wait(woken, self.LOOK_SECONDS)
                settling.result()  # raises the error that ended it, so that both start again

    async def send_due(self) -> int:
        """Send everything that is due now, and return how many deliveries were attempted."""
        taken = await self.take()
        await asyncio.gather(*self._tasks)
        await self.settle()
        return taken

    async def take(self) -> int:
        """Begin to send what is due and has room; return how many deliveries that is.

        Raises SecretsUnreadable if a key is missing, and then claims nothing.
        """
        async with self._database.transaction() as session:
            taken = await claim.claim(session, self.concurrency.left())
            claim.check_known(self._sealer, [each.letter for each in taken])
        for claimed in taken:
            self.concurrency.take(claimed)
            task = asyncio.create_task(self._send(claimed))
            self._tasks[task] = claimed
            task.add_done_callback(self._tasks.pop)
        return len(taken)

    async def settle(self) -> None:
        """Record the outcomes of the attempts that ended."""
        outcomes = self._outcomes[:]
        if not outcomes:
            return
        async with self._database.transaction() as session:
            await health.note(session, outcomes)
            heard = await settle.settle(session, outcomes)
            await health.give_up(session, heard)
        del self._outcomes[: len(outcomes)]
        for outcome in outcomes:
            self.concurrency.give_back(outcome)
        self._measures.count(heard)

    async def stop(self) -> None:
        """Settle what ended, and release the rest."""
        unsent = dict(self._tasks)
        for task in unsent:
            task.cancel()
        await asyncio.gather(*unsent, return_exceptions=True)
        await _calmly(self.settle)
        await _calmly(lambda: self._release(list(unsent.values())))
        await self._post.close()

    async def _send(self, claimed: Claimed) -> None:
        if claimed.traceparent is None:
            reply = await self._post.send(claimed.letter)
        else:
            with span(
                "webhook", claimed.traceparent, "client",
                endpoint=str(claimed.endpoint), attempt=claimed.attempt,
            ) as current:  # fmt: skip
                reply = await self._post.send(claimed.letter)
                current.note(status=reply.status or 0)
        verdict = judge(claimed.attempt, reply.status, reply.retry_after)
        self._outcomes.append(Outcome(claimed, reply, verdict))
        self._news.set()

    async def _release(self, claimed: list[Claimed]) -> None:
        async with self._database.transaction() as session:
            await claim.release(session, claimed)

    @asynccontextmanager
    async def _settling(self, woken: asyncio.Event) -> AsyncIterator[asyncio.Task[None]]:
        settling = asyncio.create_task(self._settle_for_ever(woken))
        try:
            yield settling
        finally:
            settling.cancel()
            await asyncio.gather(settling, return_exceptions=True)
            await self.stop()

    async def _settle_for_ever(self, woken: asyncio.Event) -> None:
        while True:
            await wait(self._news, self.LOOK_SECONDS)
            if self._outcomes:
                await _calmly(self.settle)
                woken.set()


async def _calmly(step: Callable[[], Awaitable[object]]) -> bool:
    """Do `step`, and return whether it succeeded; it fails while the database is unavailable."""
    try:
        await step()
    except Exception as error:
        log.warning("webhooks.waiting", error=f"{type(error).__name__}: {error}")
        await asyncio.sleep(Sender.LOOK_SECONDS)
        return False
    return True
