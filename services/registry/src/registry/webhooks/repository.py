"""Queries on endpoints and deliveries for requests about webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.database import changed
from mergehub.kit.identity.tokens import Principal
from registry.accounts.access import WRITERS, belongs
from registry.events.tables import OutboxRow
from registry.webhooks.bodies import openlineage
from registry.webhooks.bodies.formats import written
from registry.webhooks.fanout import hub_of
from registry.webhooks.models import AttemptRow, DeliveryRow, EndpointRow


@dataclass(frozen=True)
class DeliveryFilter:
    """Which deliveries to list; None leaves out a condition."""

    state: str | None = None
    type: str | None = None


async def find(session: AsyncSession, endpoint_id: UUID, manager: Principal) -> EndpointRow | None:
    """An endpoint that `manager` manages."""
    query = select(EndpointRow).where(EndpointRow.id == endpoint_id, managed_by(manager))
    return await session.scalar(query)


async def lock(
    session: AsyncSession, endpoint_id: UUID, manager: Principal | None = None
) -> tuple[EndpointRow, datetime] | None:
    """An endpoint that no other transaction changes until this one ends, and the time.

    It is one that `manager` manages; without a manager, any (for the hub itself).
    """
    query = select(EndpointRow, func.now()).where(EndpointRow.id == endpoint_id)
    if manager is not None:
        query = query.where(managed_by(manager))
    row = (await session.execute(query.with_for_update(key_share=True))).first()
    return (row[0], row[1]) if row else None


async def page(
    session: AsyncSession, manager: Principal, before: tuple[Any, ...] | None, limit: int
) -> Sequence[EndpointRow]:
    """Endpoints that `manager` manages, newest first."""
    query = select(EndpointRow).order_by(EndpointRow.created_at.desc(), EndpointRow.id.desc())
    query = query.where(managed_by(manager))
    if before is not None:
        query = query.where(tuple_(EndpointRow.created_at, EndpointRow.id) < before)
    return (await session.scalars(query.limit(limit))).all()


async def fail_pending(session: AsyncSession, endpoint_id: UUID) -> None:
    """End the pending deliveries of a disabled endpoint; a replay restores them."""
    pending = DeliveryRow.endpoint_id == endpoint_id, DeliveryRow.state == "pending"
    await session.execute(
        update(DeliveryRow)
        .where(*pending)
        .values(state="failed", finished_at=func.now(), lease=None)
        .execution_options(synchronize_session=False)
    )


async def deliveries(
    session: AsyncSession,
    endpoint_id: UUID,
    wanted: DeliveryFilter,
    before: tuple[Any, ...] | None,
    limit: int,
) -> Sequence[DeliveryRow]:
    """Deliveries to an endpoint, newest first."""
    query = select(DeliveryRow).where(DeliveryRow.endpoint_id == endpoint_id)
    if wanted.state is not None:
        query = query.where(DeliveryRow.state == wanted.state)
    if wanted.type is not None:
        query = query.where(DeliveryRow.type == wanted.type)
    if before is not None:
        query = query.where(DeliveryRow.id < before[0])
    return (await session.scalars(query.order_by(DeliveryRow.id.desc()).limit(limit))).all()


async def delivery(
    session: AsyncSession, endpoint_id: UUID, delivery_id: int
) -> DeliveryRow | None:
    mine = DeliveryRow.endpoint_id == endpoint_id, DeliveryRow.id == delivery_id
    return await session.scalar(select(DeliveryRow).where(*mine))


async def attempts(session: AsyncSession, delivery_id: int) -> Sequence[AttemptRow]:
    """The attempts of a delivery, oldest first."""
    query = select(AttemptRow).where(AttemptRow.delivery_id == delivery_id)
    return (await session.scalars(query.order_by(AttemptRow.number))).all()


def managed_by(manager: Principal) -> ColumnElement[bool]:
    """Whether an endpoint belongs to the manager, or to an organisation it writes for."""
    return belongs(manager, EndpointRow.owner, WRITERS)


async def make_due(session: AsyncSession, *which: ColumnElement[bool]) -> int:
    """Make deliveries due at once, as new, except those that a sender holds; return how many."""
    return await changed(
        session,
        update(DeliveryRow)
        .where(DeliveryRow.lease.is_(None), *which)
        .values(state="pending", attempt=0, due_at=func.now(), finished_at=None),
    )


async def add_missing(
    session: AsyncSession, endpoint: EndpointRow, since: datetime, until: datetime, limit: int
) -> int:
    """Add the missing deliveries of an endpoint, in the events' order; return how many."""
    known = exists().where(
        DeliveryRow.endpoint_id == endpoint.id, DeliveryRow.event_id == OutboxRow.event_id
    )
    query = select(OutboxRow).where(OutboxRow.time >= since, OutboxRow.time < until, ~known)
    told = OutboxRow.private_to.is_(None) | (OutboxRow.private_to == endpoint.owner)
    query = query.where(told)
    if endpoint.types:
        query = query.where(OutboxRow.type.in_(endpoint.types))
    if endpoint.format == "openlineage":
        query = query.where(openlineage.has_form(OutboxRow))
    events = (await session.scalars(query.order_by(OutboxRow.id).limit(limit))).all()
    rows = [delivery_of(event, endpoint, hub_of(session)) for event in events]
    if rows:
        await session.execute(insert(DeliveryRow).on_conflict_do_nothing(), rows)
    return len(rows)


def delivery_of(event: OutboxRow, endpoint: EndpointRow, hub: str) -> dict[str, Any]:
    """The columns of the delivery of an event to an endpoint in whose format it has a form."""
    form = written(event, hub)[endpoint.format]
    return {
        "endpoint_id": endpoint.id,
        "event_id": event.event_id,
        "position": event.id,
        "type": event.type,
        "subject": form.subject,
        "body": form.body,
        "event_time": event.time,
        "traceparent": event.traceparent,
    }
