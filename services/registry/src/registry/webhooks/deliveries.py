"""The log of deliveries, replaying them, and sending a test event."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.events import WebhookTested
from mergehub.kit.identity.tokens import Principal
from mergehub.kit.paging.pages import PageRequest
from mergehub.kit.telemetry.traces import traceparent
from registry.actor import Actor
from registry.audit.service import audit
from registry.events.tables import OutboxRow
from registry.webhooks import repository, service
from registry.webhooks.errors import DeliveryNotFound, EndpointDisabled
from registry.webhooks.fanout import hub_of, wake
from registry.webhooks.models import DeliveryRow, EndpointRow
from registry.webhooks.repository import DeliveryFilter
from registry.webhooks.schemas import (
    Attempt,
    Delivery,
    DeliveryPage,
    DeliveryWithAttempts,
    Replayed,
    ReplayRange,
)
from registry.webhooks.signing import message_id

TEST = "webhook.test"
MOST_MISSING = 5000


async def page(
    session: AsyncSession,
    manager: Principal,
    endpoint_id: UUID,
    wanted: DeliveryFilter,
    asked: PageRequest,
) -> DeliveryPage:
    """A page of an endpoint's deliveries, newest first. Raises EndpointNotFound."""
    before = asked.after(int)
    await service.row_of(session, manager, endpoint_id)
    found = await repository.deliveries(session, endpoint_id, wanted, before, asked.rows)
    rows, next_cursor = asked.cut(found, lambda row: (row.id,))
    return DeliveryPage(items=[_shown(row) for row in rows], next_cursor=next_cursor)


async def find(
    session: AsyncSession, manager: Principal, endpoint_id: UUID, delivery_id: int
) -> DeliveryWithAttempts:
    """A delivery, its payload and its attempts. Raises DeliveryNotFound, EndpointNotFound."""
    await service.row_of(session, manager, endpoint_id)
    row = await _row(session, endpoint_id, delivery_id)
    tries = await repository.attempts(session, row.id)
    return DeliveryWithAttempts(
        **_shown(row).model_dump(),
        payload=json.loads(row.body),
        attempts=[Attempt.model_validate(each) for each in tries],
    )


async def replay(
    session: AsyncSession, manager: Actor, endpoint_id: UUID, delivery_id: int
) -> Delivery:
    """Send one delivery again, or a pending one at once.

    Raises DeliveryNotFound, EndpointNotFound and EndpointDisabled.
    """
    await _enabled(session, manager.who, endpoint_id)
    row = await _row(session, endpoint_id, delivery_id)
    await repository.make_due(session, DeliveryRow.id == delivery_id)
    await audit(
        session, manager, "webhook.replayed", f"webhooks/{endpoint_id}/deliveries/{delivery_id}"
    )
    await wake(session)
    await session.refresh(row)
    return _shown(row)


async def replay_range(
    session: AsyncSession, manager: Actor, endpoint_id: UUID, wanted: ReplayRange
) -> Replayed:
    """Send the events of a time range again, also those that the endpoint never got.

    Raises EndpointNotFound and EndpointDisabled.
    """
    endpoint, now = await _enabled(session, manager.who, endpoint_id)
    since, until = wanted.since, wanted.until or now
    states = ("pending", "failed") + (("delivered",) if wanted.only == "all" else ())
    again = await repository.make_due(
        session,
        DeliveryRow.endpoint_id == endpoint_id,
        DeliveryRow.state.in_(states),
        DeliveryRow.event_time >= since,
        DeliveryRow.event_time < until,
    )
    missing = await repository.add_missing(session, endpoint, since, until, MOST_MISSING)
    await audit(session, manager, "webhook.replayed", f"webhooks/{endpoint_id}")
    await wake(session)
    return Replayed(deliveries=again + missing, complete=missing < MOST_MISSING)


async def send_test(session: AsyncSession, manager: Actor, endpoint_id: UUID) -> Delivery:
    """Send an event `webhook.test` to one endpoint, whatever types it listens to.

    Raises EndpointNotFound and EndpointDisabled.
    """
    endpoint, now = await _enabled(session, manager.who, endpoint_id)
    subject = f"webhooks/{endpoint_id}"
    event = OutboxRow(  # it is in no outbox
        event_id=uuid4(),
        id=0,
        type=TEST,
        subject=subject,
        data=WebhookTested(endpoint=endpoint.id).model_dump(mode="json"),
        time=now,
        traceparent=traceparent(),
    )
    row = DeliveryRow(**repository.delivery_of(event, endpoint, hub_of(session)))
    session.add(row)
    await session.flush()
    await session.refresh(row)
    await audit(session, manager, "webhook.tested", subject)
    await wake(session)
    return _shown(row)


async def _enabled(
    session: AsyncSession, manager: Principal, endpoint_id: UUID
) -> tuple[EndpointRow, datetime]:
    row, now = await service.locked(session, manager, endpoint_id)
    if row.disabled_at is not None:
        raise EndpointDisabled("The endpoint is disabled. Enable it first.")
    return row, now


async def _row(session: AsyncSession, endpoint_id: UUID, delivery_id: int) -> DeliveryRow:
    row = await repository.delivery(session, endpoint_id, delivery_id)
    if row is None:
        raise DeliveryNotFound(f"The endpoint {endpoint_id} has no delivery {delivery_id}.")
    return row


def _shown(row: DeliveryRow) -> Delivery:
    columns = {n: getattr(row, n) for n in Delivery.model_fields if n != "message"}
    return Delivery(**columns, message=message_id(row.event_id))
