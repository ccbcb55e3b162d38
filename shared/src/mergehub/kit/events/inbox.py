"""The inbox: which of a source's events a service has applied, in order, and which it set aside.

The position, locked while an event is applied, decides. An event up to it was applied, the next one
may be applied, and for a later one events are missing. Only the next event is ever tried, so one
count of failures is enough, and replicas share it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import BigInteger, Integer, String, Text, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from mergehub.contracts.events import Envelope
from mergehub.kit.database.database import changed
from mergehub.kit.telemetry.metrics import Reading

log = structlog.get_logger()

Apply = Callable[[AsyncSession, Envelope], Awaitable[None]]
ApplyTogether = Callable[[AsyncSession, Sequence[Envelope]], Awaitable[None]]
"""Applies several events at once, with the effect of applying one after another."""
Complete = Callable[[Envelope], Awaitable[Envelope]]
"""Adds to an event what it does not carry; it may call other services, since nothing is locked."""
CompleteTogether = Callable[[Sequence[Envelope]], Awaitable[Sequence[Envelope]]]
"""Completes several events at once. What it raises is an outage, or one by one shows who fails."""


class EventFailed(Exception):
    """An event could not be applied; its cause is what applying it raised."""

    def __init__(self, event: Envelope) -> None:
        super().__init__(f"the event {event.id} could not be applied")
        self.event = event


class InboxColumns:
    """The events that were applied; a service subclasses it together with its declarative base."""

    __tablename__ = "inbox"

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(60))
    sequence: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str] = mapped_column(String(100))
    applied_at: Mapped[datetime] = mapped_column(server_default=func.now())


class RefusedColumns:
    """An event that was set aside, as its JSON text, with the reason."""

    __tablename__ = "inbox_refused"

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(60))
    event: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    refused_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PositionColumns:
    """The position in the events of each source, and how often the next one failed."""

    __tablename__ = "inbox_position"

    source: Mapped[str] = mapped_column(String(60), primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(Integer, server_default=text("0"))


class Intake:
    """The inbox tables of a service for the events of `source`."""

    def __init__(
        self,
        source: str,
        inbox: type[InboxColumns],
        position: type[PositionColumns],
        refused: type[RefusedColumns],
    ) -> None:
        self.source = source
        self._inbox = inbox
        self._position = position
        self._refused = refused

    async def locked_position(self, session: AsyncSession) -> PositionColumns:
        """The position, locked: no other replica applies events until the transaction ends."""
        await session.execute(
            insert(self._position).values(source=self.source, sequence=0).on_conflict_do_nothing()
        )
        found = await session.get(self._position, self.source, with_for_update=True)
        assert found is not None
        return found

    async def position(self, session: AsyncSession) -> int:
        """The position, not locked: a replica may be applying events after it."""
        reached = select(self._position.sequence).where(self._position.source == self.source)
        return await session.scalar(reached) or 0

    async def take(
        self,
        session: AsyncSession,
        events: Sequence[Envelope],
        apply: Apply,
        apply_together: ApplyTogether | None = None,
    ) -> bool:
        """Apply those of `events` that are next; False means that events before them are missing.

        Raises EventFailed, from what applying it raised.
        """
        at = await self.locked_position(session)
        last, due = at.sequence, list[Envelope]()
        for event in events:
            if event.sequence > last + 1:
                break
            if event.sequence == last + 1:
                due.append(event)
                last = event.sequence
        if due:
            if not (apply_together and await _at_once(session, due, apply_together)):
                await _in_turn(session, due, apply)
            await self._remember(session, due)
            _move(at, last)
        return not events or events[-1].sequence <= last

    async def fail(
        self, session: AsyncSession, event: Envelope, reason: str, tries: int
    ) -> int | None:
        """Count a failure of `event`, and at the last of `tries` set it aside.

        Returns how often it failed; None if another replica is done with it.
        """
        at = await self.locked_position(session)
        if event.sequence != at.sequence + 1:
            return None
        at.failures += 1
        failures = at.failures
        if failures >= tries:
            refused = {
                "event_id": event.id,
                "source": event.source,
                "event": event.model_dump_json(),
                "reason": reason.replace("\0", "�"),
            }
            await session.execute(insert(self._refused).values(refused))
            _move(at, event.sequence)
        return failures

    async def set_aside(self, session: AsyncSession) -> Sequence[RefusedColumns]:
        """The events that were set aside and not applied since, the oldest first."""
        query = select(self._refused).where(self._refused.source == self.source)
        return (await session.scalars(query.order_by(self._refused.refused_at))).all()

    async def find(self, session: AsyncSession, event_id: UUID) -> Envelope | None:
        """An event that was set aside; None if it is not, or no longer, set aside."""
        refused = await session.get(self._refused, event_id)
        if refused is None or refused.source != self.source:
            return None
        return Envelope.model_validate_json(refused.event)

    async def replay(self, session: AsyncSession, event: Envelope, apply: Apply) -> bool:
        """Apply an event that was set aside; False if it no longer is.

        Raises what applying it raises; the event then stays set aside.
        """
        await self.locked_position(session)  # only one event is applied at a time
        refused = await session.get(self._refused, event.id)
        if refused is None:
            return False
        await apply(session, event)
        await self._remember(session, [event])
        await session.delete(refused)
        return True

    async def skip_to(self, session: AsyncSession, sequence: int) -> int:
        """Skip the events up to `sequence`; returns how many those were."""
        at = await self.locked_position(session)
        given_up = max(0, sequence - at.sequence)
        if given_up:
            _move(at, sequence)
        return given_up

    async def prune(self, session: AsyncSession, keep: timedelta) -> int:
        """Delete the records of events applied longer ago than `keep`; the position stays."""
        old = self._inbox.applied_at < func.now() - keep
        return await changed(session, delete(self._inbox).where(old))

    async def readings(self, session: AsyncSession) -> list[Reading]:
        """The position, and how many events are set aside."""
        refused = select(func.count()).where(self._refused.source == self.source)
        values = {
            "mergehub_events_applied": await self.position(session),
            "mergehub_events_set_aside": await session.scalar(refused) or 0,
        }
        return [Reading(name, value, {"source": self.source}) for name, value in values.items()]

    async def _remember(self, session: AsyncSession, events: Sequence[Envelope]) -> None:
        rows = [
            {
                "event_id": event.id,
                "source": event.source,
                "sequence": event.sequence,
                "type": event.type,
            }
            for event in events
        ]
        await session.execute(insert(self._inbox), rows)


async def _in_turn(session: AsyncSession, events: Sequence[Envelope], apply: Apply) -> None:
    for event in events:
        try:
            await apply(session, event)
        except Exception as error:
            raise EventFailed(event) from error


async def _at_once(
    session: AsyncSession, events: Sequence[Envelope], apply_together: ApplyTogether
) -> bool:
    """Whether several events could be applied at once; in turn, it shows which one fails."""
    if len(events) < 2:
        return False
    try:
        async with session.begin_nested():
            await apply_together(session, events)
    except Exception as error:
        log.info("events.in_turn", events=len(events), reason=f"{type(error).__name__}: {error}")
        return False
    return True


def _move(at: PositionColumns, sequence: int) -> None:
    at.sequence, at.failures = sequence, 0
