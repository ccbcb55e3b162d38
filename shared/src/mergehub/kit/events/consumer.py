"""Apply another service's events, each once and in order.

The stream only announces new events. The position, stored in the transaction of each effect
(`inbox.py`), decides which event is next. A gap (the stream has lost an event, or another replica
got it) is filled from the source's HTTP feed. So messages need no acknowledgement, and Redis may
lose them, the group or the whole stream.

An event that fails again and again is set aside for the operator, so that it does not hold up the
events after it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, aclosing, contextmanager
from uuid import UUID

import httpx
import structlog
from prometheus_client import CollectorRegistry, Histogram
from redis.asyncio import Redis
from redis.exceptions import ResponseError
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.backoff import Backoff
from mergehub.contracts.events import STREAM, Envelope
from mergehub.kit.database.database import Database
from mergehub.kit.events.feed import Feed
from mergehub.kit.events.inbox import (
    Apply,
    ApplyTogether,
    Complete,
    CompleteTogether,
    EventFailed,
    Intake,
)
from mergehub.kit.events.poison import is_its_own_fault
from mergehub.kit.telemetry.loops import turned
from mergehub.kit.telemetry.traces import span

log = structlog.get_logger()

DELAYS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3600)


class FeedHasGap(Exception):
    """The source's feed skips a sequence number: no event after the gap may be applied."""


class Consumer:
    """One service's reader of one source. Replicas share a group and may all run."""

    BLOCK_MS = 2_000
    ANSWER_SECONDS = 5.0
    PAGE = 200
    TRIES = 5
    AT_ONCE = 16  # events that are completed at the same time
    BACKOFF = Backoff(first=0.2)  # an event holds up the others for 3 s

    def __init__(
        self,
        *,
        group: str,
        database: Database,
        redis: Redis,
        hub: httpx.AsyncClient,
        intake: Intake,
        apply: Apply,
        apply_together: ApplyTogether | None = None,
        complete: Complete | None = None,
        complete_together: CompleteTogether | None = None,
        stream: str = STREAM,
        metrics: CollectorRegistry | None = None,
    ) -> None:
        self.intake = intake
        self._delay = Histogram(
            "mergehub_event_delay_seconds",
            "How long after an event was written it was applied",
            ["source"],
            registry=metrics or CollectorRegistry(),
            buckets=DELAYS,
        ).labels(intake.source)
        self._group = group
        self._source = intake.source
        self._database = database
        self._redis = redis
        self._feed = Feed(hub, intake.source, group)
        self._apply = apply
        self._apply_together = apply_together
        self._complete = complete
        self._complete_together = complete_together
        self._stream = stream

    async def run(self) -> None:
        """Catch up, then follow the stream for ever.

        It reads the feed before it uses Redis, which may be down, and again whenever the stream is
        silent, since a lost stream is silent, too.
        """
        await self.catch_up()
        await self._join_group()
        while True:
            turned()
            events = await self._read()
            if not events:
                await self.catch_up()
            own = [event for event in events if event.source == self._source]
            if not await self.offer(*own):
                await self.catch_up()

    async def offer(self, *events: Envelope) -> bool:
        """Apply `events` if they are next; False means that events before them are missing.

        They are applied in one transaction. If one fails, those before it are applied first and it
        is tried alone. If the event itself is at fault, all replicas together try it TRIES times
        and then set it aside. If something else is at fault, this raises what applying it raised.
        """
        left = batch = events
        while left:
            try:
                complete = await self._completed(batch)
                async with self._database.transaction() as session:
                    together = self._apply_all if self._apply_together else None
                    taken = await self.intake.take(session, complete, self._apply_one, together)
                if not taken or len(complete) < len(batch):
                    return False
            except Exception as error:
                place, cause = _blamed(error, batch)
                if place:
                    batch = batch[:place]
                    continue
                if not is_its_own_fault(cause):
                    raise cause from None
                single = len(batch) == 1 or cause is not error
                batch = batch[:1]
                if not (single and await self._is_done_with(batch[0], cause)):
                    continue
            left = batch = left[len(batch) :]
        return True

    async def _completed(self, events: Sequence[Envelope]) -> Sequence[Envelope]:
        """The events before the first gap; the next ones are completed with what they do not carry.

        Raises EventFailed, from what completing it raised.
        """
        if self._complete is None:
            return events
        async with self._database.transaction() as session:
            reached = await self.intake.position(session)
        due = list(_in_a_row(events, reached))
        last = due[-1].sequence if due else reached
        taken = set(map(id, due))  # the same event may come twice
        before = [each for each in events if each.sequence <= last and id(each) not in taken]
        if len(due) > 1 and self._complete_together is not None:
            return [*before, *await self._complete_together(due)]
        return [*before, *await self._each_completed(due, self._complete)]

    async def _each_completed(
        self, events: Sequence[Envelope], complete: Complete
    ) -> Sequence[Envelope]:
        """The events, each completed. Raises EventFailed, from what completing it raised."""
        slots = asyncio.Semaphore(self.AT_ONCE)

        async def one(event: Envelope) -> Envelope:
            async with slots:
                return await complete(event)

        completed: list[Envelope] = []
        found = await asyncio.gather(*map(one, events), return_exceptions=True)
        for event, done in zip(events, found, strict=True):
            if isinstance(done, BaseException):
                raise EventFailed(event) from done
            completed.append(done)
        return completed

    async def _is_done_with(self, event: Envelope, error: Exception) -> bool:
        """Whether `event` is set aside after this failure; if not, it may be tried again now."""
        failures = await self._failed(event, error)
        if failures is None or failures >= self.TRIES:
            return True
        await asyncio.sleep(self.BACKOFF.pause(failures))
        return False

    async def _failed(self, event: Envelope, error: Exception) -> int | None:
        """Count a failure; returns how often `event` failed, None if a replica is done with it."""
        reason = f"{type(error).__name__}: {error}"
        async with self._database.transaction() as session:
            failures = await self.intake.fail(session, event, reason, self.TRIES)
        if failures is not None:
            told = log.error if failures >= self.TRIES else log.warning
            what = "event.refused" if failures >= self.TRIES else "event.failed"
            told(what, id=str(event.id), type=event.type, failures=failures, reason=reason)
        return failures

    async def catch_up(self) -> None:
        """Apply all events of the source's feed after our position.

        Raises httpx.HTTPError if the source does not answer, FeedHasGap and EventsPruned.
        """
        async with aclosing(self._feed.pages(await self._position(), self.PAGE)) as pages:
            async for page in pages:
                turned()
                if not await self.offer(*page.items):
                    position = await self._position()
                    found = next(each.sequence for each in page.items if each.sequence > position)
                    raise FeedHasGap(f"{self._source} has no event before {found}")

    async def replay(self, event_id: UUID) -> bool:
        """Apply an event that was set aside; False if it is not, or no longer, set aside.

        Raises what applying it raised.
        """
        async with self._database.transaction() as session:
            event = await self.intake.find(session, event_id)
        if event is None:
            return False
        if self._complete is not None:
            event = await self._complete(event)
        async with self._database.transaction() as session:
            return await self.intake.replay(session, event, self._apply)

    async def _apply_one(self, session: AsyncSession, event: Envelope) -> None:
        with self._watched(event):
            await self._apply(session, event)

    async def _apply_all(self, session: AsyncSession, events: Sequence[Envelope]) -> None:
        assert self._apply_together is not None
        with ExitStack() as watched:
            for event in events:
                watched.enter_context(self._watched(event))
            await self._apply_together(session, events)

    @contextmanager
    def _watched(self, event: Envelope) -> Iterator[None]:
        """Trace how an event is applied, and note how late it is."""
        if event.traceparent is None:
            yield
        else:
            with span(f"apply {event.type}", event.traceparent, "consumer", group=self._group):
                yield
        self._delay.observe(max(0.0, time.time() - event.time.timestamp()))

    async def skip_pruned(self) -> int:
        """Skip the events that the source no longer keeps; returns how many those are."""
        kept = await self._feed.first_kept(await self._position())
        if kept is None:
            return 0
        async with self._database.transaction() as session:
            given_up = await self.intake.skip_to(session, kept)
        log.error("events.skipped", source=self._source, events=given_up)
        return given_up

    async def _position(self) -> int:
        async with self._database.transaction() as session:
            return (await self.intake.locked_position(session)).sequence

    async def _join_group(self) -> None:
        try:
            async with asyncio.timeout(self.ANSWER_SECONDS):
                await self._redis.xgroup_create(self._stream, self._group, id="$", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def _read(self) -> list[Envelope]:
        # With a frozen Redis, the client alone would wait for ever.
        async with asyncio.timeout(self.BLOCK_MS / 1_000 + self.ANSWER_SECONDS):
            answer = await self._redis.xreadgroup(
                self._group,
                self._group,
                {self._stream: ">"},
                count=self.PAGE,
                block=self.BLOCK_MS,
                noack=True,
            )
        return [
            Envelope.model_validate_json(fields[b"event"])
            for _, messages in answer
            for _, fields in messages
        ]


def _in_a_row(events: Sequence[Envelope], reached: int) -> Iterator[Envelope]:
    """The events that follow a position without a gap, each once."""
    for event in events:
        if event.sequence > reached + 1:
            return
        if event.sequence == reached + 1:
            reached += 1
            yield event


def _blamed(error: Exception, batch: Sequence[Envelope]) -> tuple[int, Exception]:
    """The index in `batch` of the event that failed (0 if the error names none), and why."""
    if isinstance(error, EventFailed) and isinstance(error.__cause__, Exception):
        return [each.id for each in batch].index(error.event.id), error.__cause__
    return 0, error
