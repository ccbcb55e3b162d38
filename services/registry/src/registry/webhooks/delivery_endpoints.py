"""`/v1/webhooks/{id}/deliveries`: the log of deliveries, and replaying them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Response

from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import Forbidden, Unauthenticated, problem_responses
from registry.idempotency.errors import KeyInProgress
from registry.idempotency.once import Answered, Once
from registry.webhooks import deliveries
from registry.webhooks.endpoints import Manager, manage
from registry.webhooks.errors import DeliveryNotFound, EndpointDisabled, EndpointNotFound
from registry.webhooks.repository import DeliveryFilter
from registry.webhooks.schemas import (
    Delivery,
    DeliveryPage,
    DeliveryState,
    DeliveryWithAttempts,
    EventType,
    Nothing,
    Replayed,
    ReplayRange,
)

Number = Annotated[int, Path(ge=1, lt=2**63)]

router = Router(
    prefix="/v1/webhooks/{webhook_id}",
    tags=["webhooks"],
    dependencies=[Depends(manage)],
    responses=problem_responses(Unauthenticated, Forbidden),
)


@router.get(
    "/deliveries",
    summary="List a webhook's deliveries",
    responses=problem_responses(EndpointNotFound, BadCursor),
)
async def list_webhook_deliveries(
    webhook_id: UUID,
    session: Session,
    asked: Paging,
    manager: Manager,
    state: Annotated[DeliveryState | None, Query()] = None,
    type: Annotated[EventType | None, Query()] = None,
) -> DeliveryPage:
    """The deliveries to an endpoint in the last 30 days, newest first."""
    wanted = DeliveryFilter(state, type)
    return await deliveries.page(session, manager.who, webhook_id, wanted, asked)


@router.get(
    "/deliveries/{number}",
    summary="Get a delivery and its attempts",
    responses=problem_responses(DeliveryNotFound, EndpointNotFound),
)
async def get_webhook_delivery(
    webhook_id: UUID, number: Number, session: Session, manager: Manager
) -> DeliveryWithAttempts:
    """One delivery: its payload, and for each attempt the answer or the error."""
    return await deliveries.find(session, manager.who, webhook_id, number)


@router.post(
    "/deliveries/{number}/replay",
    summary="Replay a delivery",
    status_code=202,
    response_model=Delivery,
    responses=problem_responses(DeliveryNotFound, EndpointDisabled, KeyInProgress),
)
async def replay_webhook_delivery(
    webhook_id: UUID, number: Number, session: Session, manager: Manager, once: Once
) -> Response:
    """Send one delivery again with the same `webhook-id`; send a pending one at once."""

    async def effect() -> Answered:
        return Answered(202, await deliveries.replay(session, manager, webhook_id, number), {})

    return await once(session, manager, Nothing(), effect)


@router.post(
    "/replay",
    summary="Replay the events of a time range",
    status_code=202,
    response_model=Replayed,
    responses=problem_responses(EndpointNotFound, EndpointDisabled, KeyInProgress),
)
async def replay_webhook_range(
    webhook_id: UUID, body: ReplayRange, session: Session, manager: Manager, once: Once
) -> Response:
    """Send the events of a time range again, with those from before the webhook was enabled."""

    async def effect() -> Answered:
        return Answered(202, await deliveries.replay_range(session, manager, webhook_id, body), {})

    return await once(session, manager, body, effect)
