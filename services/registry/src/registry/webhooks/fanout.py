"""Turning an event into its deliveries, all in the event's own transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, insert, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.notify import notify
from mergehub.kit.events.outbox import OutboxColumns
from registry.webhooks.models import DeliveryRow, EndpointRow
from registry.webhooks.payload import body_of

CHANNEL = "mergehub_webhooks"

COLUMNS = (
    "endpoint_id",
    "event_id",
    "position",
    "type",
    "subject",
    "body",
    "event_time",
    "traceparent",
)


async def fan_out(session: AsyncSession, event: OutboxColumns) -> None:
    """Write a delivery for each endpoint that listens to `event`; private ones for the owner's."""
    listening = deliveries_of(event).where(
        EndpointRow.disabled_at.is_(None),
        or_(EndpointRow.types == [], EndpointRow.types.contains([event.type])),
    )
    if event.private_to is not None:
        listening = listening.where(EndpointRow.owner == event.private_to)
    # The lock skips an endpoint that is being deleted, for which a foreign key would fail.
    locked = listening.with_for_update(key_share=True, read=True)
    call = func.pg_notify(CHANNEL, "")  # as `wake` does, in the same round trip
    await session.execute(insert(DeliveryRow).from_select(COLUMNS, locked).returning(call))


def deliveries_of(event: OutboxColumns) -> Select[*tuple[Any, ...]]:
    """The rows of COLUMNS for the deliveries of `event`, one for each endpoint."""
    body = body_of(event)
    values = (
        event.event_id,
        event.id,
        event.type,
        event.subject,
        body,
        event.time,
        event.traceparent,
    )
    return select(EndpointRow.id, *map(literal, values))


async def wake(session: AsyncSession) -> None:
    """Wake the senders when the transaction commits."""
    await notify(session, CHANNEL)
