"""What one service took in of one source's events: each once, in order, and what it could not.

The position, locked while an event is applied, is what counts: an event behind it was taken in,
the next one may be, and beyond that events are missing. Only the next event is ever tried, so one
count of failures is enough, and replicas share it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, Integer, String, Text, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from mergehub.contracts.events import Envelope
from mergehub.kit.database.database import changed
from mergehub.kit.telemetry.metrics import Reading

Apply = Callable[[AsyncSession, Envelope], Awaitable[None]]
Complete = Callable[[Envelope], Awaitable[Envelope]]
"""Adds to an event what it does not carry, asked for elsewhere while nothing is locked."""


class EventFailed(Exception):
    """An event could not be applied; its cause is what applying it raised."""

    def __init__(self, event: Envelope) -> None:
        super().__init__(f"the event {event.id} could not be applied")
        self.event = event


class InboxColumns:
    """Which events were applied; a service subclasses it beside its declarative base."""

    __tablename__ = "inbox"

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(60))
    sequence: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str] = mapped_column(String(100))
    applied_at: Mapped[datetime] = mapped_column(server_default=func.now())


class RefusedColumns:
    """An event that was set aside, as its JSON text, and what was wrong with it."""

    __tablename__ = "inbox_refused"

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(60))
    event: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    refused_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PositionColumns:
    """How far the events of each source were applied, and how often the next one failed."""

    __tablename__ = "inbox_position"

    source: Mapped[str] = mapped_column(String(60), primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(Integer, server_default=text("0"))


class Intake:
    """The tables in which a service takes in the events of `source`."""

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
        """How far we are; nobody else takes anything in until the transaction ends."""
        await session.execute(
            insert(self._position).values(source=self.source, sequence=0).on_conflict_do_nothing()
        )
        found = await session.get(self._position, self.source, with_for_update=True)
        assert found is not None
        return found

    async def position(self, session: AsyncSession) -> int:
        """How far we are at least: others may be taking something in."""
        reached = select(self._position.sequence).where(self._position.source == self.source)
        return await session.scalar(reached) or 0

    async def take(self, session: AsyncSession, events: Sequence[Envelope], apply: Apply) -> bool:
        """Apply those of `events` that are next; False means that events before them are missing.

        Raises EventFailed, from what applying it raised.
        """
        at = await self.locked_position(session)
        applied: list[Envelope] = []
        last = at.sequence
        for event in events:
            if event.sequence > last + 1:
                break
            if event.sequence == last + 1:
                try:
                    await apply(session, event)
                except Exception as error:
                    raise EventFailed(event) from error
                applied.append(event)
                last = event.sequence
        if applied:
            await self._remember(session, applied)
            _move(at, last)
        return not events or events[-1].sequence <= last

    async def fail(
        self, session: AsyncSession, event: Envelope, reason: str, tries: int
    ) -> int | None:
        """Count a failure of `event`, and at the last of `tries` set it aside.

        Returns how often it failed; None where a replica was done with it meanwhile.
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
        """An event that was set aside; None where it is not, or no longer."""
        refused = await session.get(self._refused, event_id)
        if refused is None or refused.source != self.source:
            return None
        return Envelope.model_validate_json(refused.event)

    async def replay(self, session: AsyncSession, event: Envelope, apply: Apply) -> bool:
        """Apply an event that was set aside; False where it no longer is.

        Raises what applying it raises, and then it stays set aside.
        """
        await self.locked_position(session)  # events are applied one after the other
        refused = await session.get(self._refused, event.id)
        if refused is None:
            return False
        await apply(session, event)
        await self._remember(session, [event])
        await session.delete(refused)
        return True

    async def skip_to(self, session: AsyncSession, sequence: int) -> int:
        """Give up the events up to `sequence`; returns how many those were."""
        at = await self.locked_position(session)
        given_up = max(0, sequence - at.sequence)
        if given_up:
            _move(at, sequence)
        return given_up

    async def prune(self, session: AsyncSession, keep: timedelta) -> int:
        """Forget which events were applied so long ago; the position still knows."""
        old = self._inbox.applied_at < func.now() - keep
        return await changed(session, delete(self._inbox).where(old))

    async def readings(self, session: AsyncSession) -> list[Reading]:
        """How far we are, and how much was set aside."""
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
        await session.execute(insert(self._inbox).values(rows))


def _move(at: PositionColumns, sequence: int) -> None:
    at.sequence, at.failures = sequence, 0
