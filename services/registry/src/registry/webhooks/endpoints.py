"""`/v1/webhooks`: endpoints, their secrets, and test events."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from mergehub.kit.entity_tags import etag_of
from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.preconditions import IfMatch, PreconditionFailed, PreconditionRequired
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.identity.sealing import Sealer, SecretsKeyMissing
from mergehub.kit.outbound.addresses import Network
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import Forbidden, Unauthenticated, problem_responses
from registry.accounts.access import NotYours
from registry.accounts.errors import NoAccount, OwnerInvalid, QuotaExceeded
from registry.acting import acting
from registry.actor import Actor
from registry.idempotency.errors import KeyInProgress
from registry.idempotency.once import Answered, Once
from registry.webhooks import deliveries, service
from registry.webhooks.errors import (
    BearerTokenNeeded,
    EndpointDisabled,
    EndpointNotFound,
    TypeWithoutForm,
    UrlRefused,
)
from registry.webhooks.schemas import (
    Delivery,
    Endpoint,
    EndpointCreate,
    EndpointPage,
    EndpointUpdate,
    EndpointWithSecret,
    Nothing,
    Rotation,
)

manage = acting("webhooks:manage")
Manager = Annotated[Actor, Depends(manage)]


def _allowed(request: Request) -> Collection[Network]:
    networks: Collection[Network] = request.app.state.resources.settings.webhook_allow
    return networks


Allowed = Annotated[Collection[Network], Depends(_allowed)]


def _sealer(request: Request) -> Sealer:
    sealer: Sealer = request.app.state.sealer
    return sealer


SecretSealer = Annotated[Sealer, Depends(_sealer)]

router = Router(
    prefix="/v1/webhooks",
    tags=["webhooks"],
    dependencies=[Depends(manage)],
    responses=problem_responses(Unauthenticated, Forbidden),
)


@router.post(
    "",
    summary="Create a webhook",
    status_code=201,
    response_model=EndpointWithSecret,
    responses=problem_responses(
        KeyInProgress,
        UrlRefused,
        TypeWithoutForm,
        NotYours,
        NoAccount,
        OwnerInvalid,
        QuotaExceeded,
        SecretsKeyMissing,
    ),
)
async def create_webhook(
    body: EndpointCreate,
    session: Session,
    manager: Manager,
    allowed: Allowed,
    sealer: SecretSealer,
    once: Once,
) -> Response:
    """Have events sent to a URL. Only this answer shows the secret that signs them.

    With the signature `v1a` there is no secret to keep: `public_key` verifies signatures.
    """

    async def effect() -> Answered:
        made = await service.create(session, manager, body, allowed, sealer)
        return Answered(201, made, {"Location": f"/v1/webhooks/{made.id}"})

    return await once(session, manager, body, effect, sealer)


@router.get("", summary="List webhooks", responses=problem_responses(BadCursor))
async def list_webhooks(
    session: Session,
    asked: Paging,
    manager: Manager,
) -> EndpointPage:
    """Webhook endpoints, newest first."""
    return await service.page(session, manager.who, asked)


@router.get("/{webhook_id}", summary="Get a webhook", responses=problem_responses(EndpointNotFound))
async def get_webhook(
    webhook_id: UUID, session: Session, manager: Manager, response: Response
) -> Endpoint:
    """One endpoint: which events it gets, and whether it accepts them."""
    endpoint = await service.find(session, manager.who, webhook_id)
    response.headers["ETag"] = etag_of(endpoint)
    return endpoint


@router.patch(
    "/{webhook_id}",
    summary="Change a webhook, disable or enable it",
    responses=problem_responses(
        EndpointNotFound,
        UrlRefused,
        TypeWithoutForm,
        BearerTokenNeeded,
        SecretsKeyMissing,
        PreconditionFailed,
        PreconditionRequired,
    ),
)
async def change_webhook(
    webhook_id: UUID,
    body: EndpointUpdate,
    session: Session,
    manager: Manager,
    response: Response,
    allowed: Allowed,
    sealer: SecretSealer,
    if_match: IfMatch,
) -> Endpoint:
    """Change an endpoint, or disable or enable it.

    The endpoint's failures are part of its state, so its `ETag` may change while deliveries fail.
    """
    endpoint = await service.change(
        session, manager, webhook_id, body, allowed, sealer, if_match.check
    )
    response.headers["ETag"] = etag_of(endpoint)
    return endpoint


@router.delete(
    "/{webhook_id}",
    summary="Delete a webhook",
    status_code=204,
    responses=problem_responses(EndpointNotFound),
)
async def delete_webhook(webhook_id: UUID, session: Session, manager: Manager) -> None:
    """Delete an endpoint and its deliveries."""
    await service.delete(session, manager, webhook_id)


@router.post(
    "/{webhook_id}/rotate",
    summary="Rotate a webhook's secret or key pair",
    response_model=EndpointWithSecret,
    responses=problem_responses(EndpointNotFound, KeyInProgress, SecretsKeyMissing),
)
async def rotate_webhook_secret(
    webhook_id: UUID,
    session: Session,
    manager: Manager,
    sealer: SecretSealer,
    once: Once,
    body: Rotation | None = None,
) -> Response:
    """Make a new secret or key pair. The previous one also signs for 24 hours."""
    wanted = body or Rotation()

    async def effect() -> Answered:
        made = await service.rotate(session, manager, webhook_id, wanted.signature, sealer)
        return Answered(200, made, {})

    return await once(session, manager, wanted, effect, sealer)


@router.post(
    "/{webhook_id}/test",
    summary="Send a test event to a webhook",
    status_code=202,
    response_model=Delivery,
    responses=problem_responses(EndpointNotFound, EndpointDisabled),
)
async def test_webhook(
    webhook_id: UUID, session: Session, manager: Manager, once: Once
) -> Response:
    """Send an event `webhook.test`. `Location` names the delivery, which will have the answer."""

    async def effect() -> Answered:
        made = await deliveries.send_test(session, manager, webhook_id)
        return Answered(202, made, {"Location": f"/v1/webhooks/{webhook_id}/deliveries/{made.id}"})

    return await once(session, manager, Nothing(), effect)
