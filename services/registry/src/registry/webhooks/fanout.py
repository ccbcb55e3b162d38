"""Turning an event into its deliveries, all in the event's own transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, insert, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.background.resources import HUB
from mergehub.kit.database.notify import notify
from mergehub.kit.events.outbox import OutboxColumns
from registry.webhooks.bodies.formats import Written, written
from registry.webhooks.models import DeliveryRow, EndpointRow

CHANNEL = "mergehub_webhooks"
LISTENING = "EXISTS (SELECT FROM webhook_endpoints WHERE disabled_at IS NULL)"
"""Whether any endpoint takes deliveries: else events need not be turned into them."""

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


async def fan_out(session: AsyncSession, events: Sequence[OutboxColumns]) -> None:
    """Write a delivery of each event for each endpoint that listens to it."""
    for event in events:
        await _fan_out(session, event)


async def _fan_out(session: AsyncSession, event: OutboxColumns) -> None:
    """Write the deliveries of `event`; of a private one, for the owner's endpoints alone."""
    forms = written(event, hub_of(session))
    listening = _deliveries(event, forms).where(
        EndpointRow.disabled_at.is_(None),
        EndpointRow.format.in_(forms),
        or_(EndpointRow.types == [], EndpointRow.types.contains([event.type])),
    )
    if event.private_to is not None:
        listening = listening.where(EndpointRow.owner == event.private_to)
    # The lock skips an endpoint that is being deleted, for which a foreign key would fail.
    locked = listening.with_for_update(key_share=True, read=True)
    call = func.pg_notify(CHANNEL, "")  # as `wake` does, in the same round trip
    await session.execute(insert(DeliveryRow).from_select(COLUMNS, locked).returning(call))


def hub_of(session: AsyncSession) -> str:
    """The address of the hub, which names it in the formats of other programs."""
    address: str = session.info[HUB]
    return address


def _deliveries(event: OutboxColumns, forms: Mapping[str, Written]) -> Select[*tuple[Any, ...]]:
    """The rows of COLUMNS for the deliveries of `event`, one for each endpoint."""
    values = (
        literal(event.event_id),
        literal(event.id),
        literal(event.type),
        _by_format({name: form.subject for name, form in forms.items()}),
        _by_format({name: form.body for name, form in forms.items()}),
        literal(event.time),
        literal(event.traceparent),
    )
    return select(EndpointRow.id, *values)


def _by_format(texts: Mapping[str, str]) -> ColumnElement[str]:
    """The text in the format of each endpoint."""
    return case(*((EndpointRow.format == name, text) for name, text in texts.items()))


async def wake(session: AsyncSession) -> None:
    """Wake the senders when the transaction commits."""
    await notify(session, CHANNEL)
