"""Apply another service's events, each once and in order.

The stream only tells that something new is there. What counts is the position stored in the
transaction of each effect: an event behind it was applied, the next one may be, and a gap (the
stream forgot, or a replica got the event before) is filled from the source's HTTP feed. So
messages need no acknowledgement, and Redis may lose them, the group or the whole stream.

An event that cannot be taken in, however often it is tried, is set aside for people to look at:
it must not keep the others waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import httpx
import structlog
from redis.asyncio import Redis
from redis.exceptions import ResponseError
from sqlalchemy import BigInteger, String, Text, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from mergehub.contracts.events import STREAM, Envelope, EventPage
from mergehub.kit.database import Database

log = structlog.get_logger()

Apply = Callable[[AsyncSession, Envelope], Awaitable[None]]


class FeedHasGap(Exception):
    """The source's feed skips a sequence number: nothing behind it may be applied."""


class InboxRow:
    """Which events were applied; a service subclasses it beside its declarative base."""

    __tablename__ = "inbox"

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(60))
    sequence: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str] = mapped_column(String(100))
    applied_at: Mapped[datetime] = mapped_column(server_default=func.now())


class RefusedRow:
    """An event that was set aside, as its JSON text, and what was wrong with it."""

    __tablename__ = "inbox_refused"

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(60))
    event: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    refused_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PositionRow:
    """How far the events of each source were applied."""

    __tablename__ = "inbox_position"

    source: Mapped[str] = mapped_column(String(60), primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)


def is_its_own_fault(error: Exception) -> bool:
    """Whether an event failed by what it says, and not because something is away.

    That is data that fits no schema, or (SQLSTATE classes 22 and 23) no table.
    """
    if isinstance(error, DBAPIError):
        return str(getattr(error.orig, "sqlstate", None))[:2] in ("22", "23")
    return isinstance(error, (ValueError, TypeError, LookupError, AttributeError, ArithmeticError))


class Consumer:
    """One service's reader of one source. Replicas share a group and may all run."""

    BLOCK_MS = 2_000
    ANSWER_SECONDS = 5.0
    PAGE = 200
    TRIES = 5

    def __init__(
        self,
        *,
        group: str,
        source: str,
        database: Database,
        redis: Redis,
        hub: httpx.AsyncClient,
        inbox: type[InboxRow],
        position: type[PositionRow],
        refused: type[RefusedRow],
        apply: Apply,
        stream: str = STREAM,
    ) -> None:
        self._group = group
        self._source = source
        self._database = database
        self._redis = redis
        self._hub = hub
        self._inbox = inbox
        self._position = position
        self._refused = refused
        self._failures: tuple[UUID | None, int] = (None, 0)
        self._apply = apply
        self._stream = stream

    async def run(self) -> None:
        """Catch up, then follow the stream for ever.

        The feed is asked before Redis, which may be away, and again whenever the stream is silent:
        a stream that was lost is silent too.
        """
        await self.catch_up()
        await self._join_group()
        while True:
            events = await self._read()
            if not events:
                await self.catch_up()
            for event in events:
                if event.source == self._source and not await self.offer(event):
                    await self.catch_up()

    async def offer(self, event: Envelope) -> bool:
        """Take `event` in if it is the next one; False means that events before it are missing.

        Raises what applying it raised; the last of TRIES sets an event aside that is at fault.
        """
        try:
            return await self._apply_next(event)
        except Exception as error:
            if not (is_its_own_fault(error) and self._tried_enough(event)):
                raise
            await self._set_aside(event, error)
            return True

    async def _apply_next(self, event: Envelope) -> bool:
        async with self._database.transaction() as session:
            at = await self._locked_position(session)
            if event.sequence <= at.sequence:
                return True
            if event.sequence > at.sequence + 1:
                return False
            await self._apply(session, event)
            await session.execute(
                insert(self._inbox).values(
                    event_id=event.id,
                    source=event.source,
                    sequence=event.sequence,
                    type=event.type,
                )
            )
            at.sequence = event.sequence
        return True

    def _tried_enough(self, event: Envelope) -> bool:
        """Count a failure; only the next event is ever tried, so one count is enough."""
        failed, times = self._failures
        self._failures = (event.id, times + 1 if failed == event.id else 1)
        return self._failures[1] >= self.TRIES

    async def _set_aside(self, event: Envelope, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}".replace("\0", "�")
        log.error("event.refused", id=str(event.id), type=event.type, reason=reason)
        async with self._database.transaction() as session:
            at = await self._locked_position(session)
            if event.sequence != at.sequence + 1:
                return  # a replica was quicker
            await session.execute(
                insert(self._refused).values(
                    event_id=event.id,
                    source=event.source,
                    event=event.model_dump_json(),
                    reason=reason,
                )
            )
            at.sequence = event.sequence

    async def catch_up(self) -> None:
        """Apply everything that the source's feed has beyond our position.

        Raises httpx.HTTPError where the source does not answer, and FeedHasGap.
        """
        async with self._database.transaction() as session:
            after = (await self._locked_position(session)).sequence
        while True:
            page = await self._page(after)
            for event in page.items:
                if not await self.offer(event):
                    raise FeedHasGap(f"{self._source} has no event before {event.sequence}")
            after = page.next_after
            if not page.has_more:
                return

    async def _page(self, after: int) -> EventPage:
        answer = await self._hub.get("/v1/events", params={"after": after, "limit": self.PAGE})
        answer.raise_for_status()
        return EventPage.model_validate_json(answer.content)

    async def _locked_position(self, session: AsyncSession) -> PositionRow:
        await session.execute(
            insert(self._position).values(source=self._source, sequence=0).on_conflict_do_nothing()
        )
        found = await session.get(self._position, self._source, with_for_update=True)
        assert found is not None
        return found

    async def _join_group(self) -> None:
        try:
            async with asyncio.timeout(self.ANSWER_SECONDS):
                await self._redis.xgroup_create(self._stream, self._group, id="$", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def _read(self) -> list[Envelope]:
        # A Redis that froze is left, where the client alone would wait for ever.
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
