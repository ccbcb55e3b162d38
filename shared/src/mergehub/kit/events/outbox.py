"""Events, written in the transaction of the change that they report, and published afterwards.

The relay gives rows their gapless `sequence` after their transaction has committed. A number drawn
while writing could become visible out of order, and a reader would skip it for ever.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from pydantic_core import to_json
from sqlalchemy import (
    BigInteger,
    Boolean,
    Identity,
    Index,
    Select,
    String,
    delete,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from mergehub.contracts.events import TYPES, Envelope, EventData
from mergehub.kit.database.constant import Constant
from mergehub.kit.database.database import Database, changed, only_one
from mergehub.kit.database.notify import Signals, notify, wait
from mergehub.kit.database.together import Write, Written, provided, together
from mergehub.kit.problems.problem import Problem
from mergehub.kit.telemetry.loops import turned
from mergehub.kit.telemetry.metrics import Reading
from mergehub.kit.telemetry.traces import record, within

log = structlog.get_logger()

CHANNEL = "mergehub_outbox"
MOST_BYTES = 1 << 20  # of the data of a page of events, as they are stored
NUMBERED = "/numbered"  # after the source's name: the channel that announces events in the feed

Publish = Callable[[Sequence[Envelope]], Awaitable[None]]
Aside = Callable[[Sequence["OutboxColumns"]], Awaitable[None]]
Emitted = Callable[[AsyncSession, Sequence["OutboxColumns"]], Awaitable[None]]

_EMIT = """
INSERT INTO outbox (event_id, type, subject, data, private_to, traceparent)
SELECT event_id, :event_type, subject, data, private_to, :traceparent
FROM ROWS FROM (
  json_to_recordset(CAST(CAST(:events AS text) AS json))
    AS (event_id uuid, subject text, data jsonb, private_to text)
) WITH ORDINALITY AS given (event_id, subject, data, private_to, place)
{provided} ORDER BY place
RETURNING id
"""
_NUMBER = Constant("""
WITH last AS (SELECT coalesce(max(sequence), 0) AS sequence FROM outbox),
new AS MATERIALIZED (  -- or a plan for an empty table would look for them once for each row
  SELECT id, row_number() OVER (ORDER BY id) AS place FROM outbox
  WHERE NOT published AND sequence IS NULL AND private_to IS NULL
)
UPDATE outbox SET sequence = last.sequence + new.place FROM last, new WHERE outbox.id = new.id
""")
_MARK = Constant("UPDATE outbox SET published = true WHERE id = ANY(CAST(:ids AS bigint[]))")
_HEEDED = "CASE WHEN {heeds} THEN (SELECT array_agg(id ORDER BY id) FROM told) END"


class EventsPruned(Problem):
    """The service no longer keeps the events that follow this sequence."""

    status, code, title = 410, "events-pruned", "These events are no longer kept"
    remedy = "Continue from the address in `Link` with `rel=first`; the older events are gone."


class OutboxColumns:
    """The outbox table; a service subclasses it together with its own declarative base.

    An event that is `private_to` an account gets no sequence, so it is in no feed and no stream.
    """

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    event_id: Mapped[UUID] = mapped_column(server_default=text("gen_random_uuid()"), unique=True)
    sequence: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    type: Mapped[str] = mapped_column(String(100))
    subject: Mapped[str] = mapped_column(String(300))
    time: Mapped[datetime] = mapped_column(server_default=func.now())
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    published: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    private_to: Mapped[str | None] = mapped_column(String(100))
    traceparent: Mapped[str | None] = mapped_column(String(55))

    __table_args__ = (
        Index("outbox_unpublished", "id", postgresql_where=text("NOT published")),
        Index(
            "outbox_private", "private_to", "id", postgresql_where=text("private_to IS NOT NULL")
        ),
    )


@dataclass(frozen=True)
class Events:
    """Events to write: the write that does so, and the rows that it makes."""

    write: Write
    rows: Sequence[dict[str, Any]]


class Outbox:
    """Writes and reads the events of one source (a service).

    `heeded`: whether the events that this process wrote last concerned any follower.
    """

    def __init__(self, source: str, table: type[OutboxColumns]) -> None:
        self.source = source
        self.table = table
        self.heeded = False
        self._followers: list[Emitted] = []
        self._heeds = ["false"]

    def on_emitted(self, follow: Emitted, heeds: str = "true") -> None:
        """Call `follow` with new rows, oldest first, in the transaction that writes them.

        `heeds` is a condition in SQL without which `follow` has nothing to do: nobody may listen.
        """
        self._followers.append(follow)
        self._heeds.append(f"({heeds})")

    @property
    def heeds(self) -> str:
        """The condition in SQL without which nobody heeds events, so `emitted` has no effect."""
        return " OR ".join(self._heeds)

    async def emit(
        self,
        session: AsyncSession,
        event_type: str,
        subject: str,
        data: EventData,
        private_to: str | None = None,
        trace: str | None = None,
    ) -> None:
        """Add an event to the transaction of `session`, as part of the `trace` or the current one.

        Raises KeyError for an unknown type, TypeError if the data is not of that type.
        """
        events = self.emitting(event_type, [(subject, data, private_to)], trace)
        await self.emitted(session, events, await together(session, events.write))

    def emitting(
        self,
        event_type: str,
        events: Iterable[tuple[str, EventData, str | None]],
        trace: str | None = None,
        of: Write | None = None,
    ) -> Events:
        """Events of one type, each a subject with its data and to whom it is private.

        Their write is to be executed together with others of the transaction, and then `emitted`
        called; their order stays. `of`: the write without whose rows there are no events. Raises
        KeyError and TypeError as `emit` does.
        """
        shared = {"type": event_type, "traceparent": within(trace)}
        rows = [
            {
                "event_id": uuid4(),
                "subject": subject,
                "data": _checked(event_type, data),
                "private_to": private_to,
            }
            for subject, data, private_to in events
        ]
        values = {
            "events": to_json(rows).decode(),
            "event_type": event_type,
            "traceparent": shared["traceparent"],
        }
        heeded = _HEEDED.format(heeds=self.heeds)
        write = Write(
            "told", _EMIT.format(provided=provided(of)), values, CHANNEL, self.source, heeded
        )
        return Events(write, [row | shared for row in rows])

    async def emitted(self, session: AsyncSession, events: Events, written: Written) -> None:
        """Call those who follow, if any heeds the events that were `written`."""
        self.heeded = bool(written.told)
        if written.told:
            table: Callable[..., OutboxColumns] = self.table  # SQLAlchemy makes its arguments
            new = [
                table(id=id, time=written.now, **row)
                for id, row in zip(written.told, events.rows, strict=True)
            ]
            for follow in self._followers:
                await follow(session, new)

    async def after(
        self, session: AsyncSession, sequence: int, limit: int
    ) -> tuple[list[Envelope], bool]:
        """At most `limit` events after `sequence`, oldest first, and whether there are more.

        Their data take at most MOST_BYTES, unless the first alone has more. Raises EventsPruned if
        the next event is no longer kept, since a gap would go unnoticed.
        """
        rows = (await session.execute(self._behind(sequence, limit))).all()
        events = [self.envelope(row[0]) for row in rows[:limit]]
        if events and events[0].sequence != sequence + 1:
            first = f"/v1/events?after={events[0].sequence - 1}"
            raise EventsPruned(
                f"The event that follows {sequence} is no longer kept; the oldest one is "
                f"{events[0].sequence}. Read the present state, then continue from {first}.",
                headers={"Link": f'<{first}>; rel="first"'},
            )
        return events, bool(rows) and rows[0].there > len(events)

    def _behind(self, sequence: int, limit: int) -> Select[Any]:
        """The rows, each with how many there are, counted up to one beyond `limit`."""
        size = func.pg_column_size(self.table.data).label("size")  # stored size, without unpacking
        near = select(self.table.sequence, size).where(self.table.sequence > sequence)
        sizes = near.order_by(self.table.sequence).limit(limit + 1).subquery()
        total = func.sum(sizes.c.size).over(order_by=sizes.c.sequence)
        sums = select(sizes, total.label("total"), func.count().over().label("there")).subquery()
        few = (sums.c.total <= MOST_BYTES) | (sums.c.total == sums.c.size)
        joined = select(self.table, sums.c.there).join(sums, sums.c.sequence == self.table.sequence)
        return joined.where(few).order_by(self.table.sequence)

    async def prune(self, session: AsyncSession, keep: timedelta) -> int:
        """Delete the oldest events, up to the first that is younger or not yet published.

        The newest always stays, since the relay continues its count.
        """
        table = self.table
        kept = or_(table.time >= func.now() - keep, table.published.is_(False))
        numbered = select(table.sequence).where(table.sequence.is_not(None))
        first_kept = numbered.where(kept).order_by(table.sequence).limit(1).scalar_subquery()
        newest = select(func.max(table.sequence)).scalar_subquery()
        old = table.sequence < func.coalesce(first_kept, newest)
        private = table.private_to.is_not(None) & ~kept
        return await changed(session, delete(table).where(or_(old, private)))

    async def readings(self, session: AsyncSession) -> list[Reading]:
        """The newest sequence, and how many events wait for the relay, and for how long."""
        table = self.table
        age = func.extract("epoch", func.now() - func.min(table.time))
        waiting = select(func.count(), age).where(table.published.is_(False))
        count, seconds = (await session.execute(waiting)).one()
        values = {
            "mergehub_events_told": await session.scalar(select(func.max(table.sequence))) or 0,
            "mergehub_events_unpublished": count,
            "mergehub_events_unpublished_seconds": float(seconds or 0),
        }
        return [Reading(name, value, {"source": self.source}) for name, value in values.items()]

    def envelope(self, row: OutboxColumns) -> Envelope:
        """The event of a row that has a sequence."""
        assert row.sequence is not None
        return Envelope(
            id=row.event_id,
            source=self.source,
            sequence=row.sequence,
            type=row.type,
            time=row.time,
            subject=row.subject,
            data=row.data,
            traceparent=row.traceparent,
        )


def _checked(event_type: str, data: EventData) -> dict[str, Any]:
    """The data as it is stored."""
    if type(data) is not TYPES[event_type]:
        raise TypeError(f"{event_type} carries {TYPES[event_type].__name__}, not {data!r}")
    return data.model_dump(mode="json")


class Relay:
    """Numbers committed events and publishes them in order, at least once.

    Private events go only to `aside`. One relay of a source works at a time, however many replicas
    run: the others find the lock taken and wait.
    """

    BATCH = 200
    LOOK_SECONDS = 1.0
    PAUSE_SECONDS = 0.05  # after a batch: under load, the next one has many events
    PUBLISH_SECONDS = 10.0  # the relay holds the lock and the connection for so long

    def __init__(
        self, outbox: Outbox, database: Database, publish: Publish, aside: Aside | None = None
    ) -> None:
        self._outbox = outbox
        self._database = database
        self._publish = publish
        self._aside = aside

    async def run(self, signals: Signals) -> None:
        """Publish for ever, woken by each commit that wrote an event."""
        with signals.subscribe(CHANNEL, self._outbox.source) as woken:
            while True:
                while await self.publish_due() == self.BATCH:
                    turned()  # events written in the meantime wake us again
                turned()
                await asyncio.sleep(self.PAUSE_SECONDS)
                await wait(woken, self.LOOK_SECONDS)

    async def publish_due(self) -> int:
        """Number and publish one batch; returns how many events went out."""
        async with self._database.transaction() as session:
            if not await self._lock(session):
                return 0
            await self._number(session)
        async with self._database.transaction() as session:
            if not await self._lock(session):
                return 0
            rows = await self._unpublished(session)
            if rows:
                async with asyncio.timeout(self.PUBLISH_SECONDS):
                    await self._hand_on(rows)
                await self._mark(session, rows)
            return len(rows)

    async def _hand_on(self, rows: Sequence[OutboxColumns]) -> None:
        started = time.time_ns()
        public = [self._outbox.envelope(row) for row in rows if row.private_to is None]
        private = [row for row in rows if row.private_to is not None]
        if public:
            await self._publish(public)
        if private and self._aside is not None:
            await self._aside(private)
        for row in rows:
            record(f"publish {row.type}", row.traceparent, started, "producer")

    async def _lock(self, session: AsyncSession) -> bool:
        return await only_one(session, f"relay:{self._database.schema}")

    async def _number(self, session: AsyncSession) -> None:
        numbered = await _NUMBER(session, {})
        if numbered.rowcount:
            await notify(session, CHANNEL, self._outbox.source + NUMBERED)

    async def _unpublished(self, session: AsyncSession) -> Sequence[OutboxColumns]:
        table = self._outbox.table
        query = (
            select(table)
            .where(
                table.published.is_(False),
                or_(table.sequence.is_not(None), table.private_to.is_not(None)),
            )
            .order_by(table.sequence.nulls_last(), table.id)
            .limit(self.BATCH)
        )
        return (await session.scalars(query)).all()

    async def _mark(self, session: AsyncSession, rows: Sequence[OutboxColumns]) -> None:
        await _MARK(session, {"ids": [row.id for row in rows]})
