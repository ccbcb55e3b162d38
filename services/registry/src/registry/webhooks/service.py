"""Webhook endpoints: creating, changing, disabling and deleting them, and rotating secrets."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.events import WebhookDisabled
from mergehub.kit.entity_tags import etag_of
from mergehub.kit.identity.sealing import Sealer
from mergehub.kit.identity.tokens import Principal
from mergehub.kit.outbound.addresses import Network
from mergehub.kit.paging.pages import PageRequest
from registry.accounts.quotas import check_quota
from registry.accounts.service import writable
from registry.actor import Actor
from registry.audit.service import audit
from registry.events.models import outbox
from registry.webhooks import repository
from registry.webhooks.checks import check_token_stays, check_types, sendable
from registry.webhooks.counts import WEBHOOKS
from registry.webhooks.errors import EndpointNotFound
from registry.webhooks.models import EndpointRow
from registry.webhooks.schemas import (
    Endpoint,
    EndpointCreate,
    EndpointPage,
    EndpointUpdate,
    EndpointWithSecret,
)
from registry.webhooks.secrets import bearer_place, place
from registry.webhooks.signing import Signature, new_secret, public_key

ROTATION = timedelta(hours=24)


async def create(
    session: AsyncSession,
    manager: Actor,
    wanted: EndpointCreate,
    allowed: Collection[Network],
    sealer: Sealer,
) -> EndpointWithSecret:
    """Create an endpoint with a secret of its own.

    Raises UrlRefused, TypeWithoutForm, NoAccount, NotYours, OwnerInvalid, QuotaExceeded and
    SecretsKeyMissing.
    """
    url = sendable(wanted.url, allowed)
    check_types(wanted.format, wanted.types)
    owner = await writable(session, manager.who, wanted.owner)
    await check_quota(session, manager, owner, WEBHOOKS)
    ordered = wanted.format == "openlineage" if wanted.ordered is None else wanted.ordered
    given = wanted.model_dump() | {"url": url, "owner": owner, "ordered": ordered}
    row = EndpointRow(id=uuid4(), **given)
    _give_bearer_token(row, wanted.bearer_token, sealer)
    secret = _give_secret(row, wanted.signature, sealer)
    session.add(row)
    await session.flush()
    await session.refresh(row)
    await audit(session, manager, "webhook.created", f"webhooks/{row.id}")
    return with_secret(row, secret)


async def find(session: AsyncSession, manager: Principal, endpoint_id: UUID) -> Endpoint:
    """An endpoint by its id. Raises EndpointNotFound."""
    return shown(await row_of(session, manager, endpoint_id))


async def page(session: AsyncSession, manager: Principal, asked: PageRequest) -> EndpointPage:
    """A page of the endpoints that `manager` manages, the newest first."""
    before = asked.after(datetime, UUID)
    found = await repository.page(session, manager, before, asked.rows)
    rows, next_cursor = asked.cut(found, lambda row: (row.created_at, row.id))
    return EndpointPage(items=[shown(row) for row in rows], next_cursor=next_cursor)


async def change(
    session: AsyncSession,
    manager: Actor,
    endpoint_id: UUID,
    wanted: EndpointUpdate,
    allowed: Collection[Network],
    sealer: Sealer,
    check: Callable[[str], None],
) -> Endpoint:
    """Change what `wanted` names, if `check` accepts the current entity tag.

    Raises EndpointNotFound, UrlRefused, TypeWithoutForm, BearerTokenNeeded, SecretsKeyMissing and
    what `check` raises.
    """
    row, now = await locked(session, manager.who, endpoint_id)
    check(etag_of(shown(row)))
    given = wanted.model_dump(exclude_none=True, exclude={"enabled", "bearer_token"})
    check_types(row.format, given.get("types", ()))
    if "url" in given:
        given["url"] = sendable(given["url"], allowed)
        check_token_stays(row, given["url"], wanted.bearer_token)
    for name, value in given.items():
        setattr(row, name, value)
    if wanted.bearer_token is not None:
        _give_bearer_token(row, wanted.bearer_token, sealer)
    if wanted.enabled is False and row.disabled_at is None:
        await _end(session, row, "manual", now)
    if wanted.enabled:
        row.disabled_at = row.disabled_reason = None
    if wanted.enabled or wanted.url is not None:
        row.failing_since = row.paused_until = None
    await audit(session, manager, "webhook.changed", f"webhooks/{row.id}")
    return shown(row)


async def delete(session: AsyncSession, manager: Actor, endpoint_id: UUID) -> None:
    """Delete an endpoint with all its deliveries. Raises EndpointNotFound."""
    row, _ = await locked(session, manager.who, endpoint_id)
    await session.delete(row)
    await audit(session, manager, "webhook.deleted", f"webhooks/{row.id}")


async def rotate(
    session: AsyncSession,
    manager: Actor,
    endpoint_id: UUID,
    signature: Signature | None,
    sealer: Sealer,
) -> EndpointWithSecret:
    """Give an endpoint a new secret, by another `signature` scheme if asked.

    The previous secret also signs for a day. Raises EndpointNotFound and SecretsKeyMissing.
    """
    row, now = await locked(session, manager.who, endpoint_id)
    row.previous_secret, row.previous_until = row.secret, now + ROTATION
    secret = _give_secret(row, signature or _scheme(row), sealer)
    await audit(session, manager, "webhook.rotated", f"webhooks/{row.id}")
    return with_secret(row, secret)


async def disable(session: AsyncSession, actor: Actor, endpoint_id: UUID, reason: str) -> None:
    """Stop sending to an endpoint, and report that to the owner's other endpoints."""
    found = await repository.lock(session, endpoint_id)
    if found is None or found[0].disabled_at is not None:
        return
    row, now = found
    await _end(session, row, reason, now)
    await audit(session, actor, "webhook.disabled", f"webhooks/{row.id}")
    data = WebhookDisabled(endpoint=row.id, reason=reason, failing_since=row.failing_since)
    await outbox.emit(session, "webhook.disabled", f"webhooks/{row.id}", data, row.owner)


async def _end(session: AsyncSession, row: EndpointRow, reason: str, now: datetime) -> None:
    row.disabled_at, row.disabled_reason = now, reason
    await session.flush()
    await repository.fail_pending(session, row.id)


async def row_of(session: AsyncSession, manager: Principal, endpoint_id: UUID) -> EndpointRow:
    """The row of an endpoint. Raises EndpointNotFound."""
    row = await repository.find(session, endpoint_id, manager)
    if row is None:
        raise _unknown(endpoint_id)
    return row


async def locked(
    session: AsyncSession, manager: Principal, endpoint_id: UUID
) -> tuple[EndpointRow, datetime]:
    """A locked endpoint, and the database's time. Raises EndpointNotFound."""
    found = await repository.lock(session, endpoint_id, manager)
    if found is None:
        raise _unknown(endpoint_id)
    return found


def shown(row: EndpointRow) -> Endpoint:
    """An endpoint as its managers may see it."""
    return Endpoint(**_columns(row))


def with_secret(row: EndpointRow, secret: str) -> EndpointWithSecret:
    """The answer that shows the secret, once; a private key is never shown."""
    told = secret if row.public_key is None else None
    return EndpointWithSecret(**_columns(row), secret=told)


def _give_secret(row: EndpointRow, signature: Signature, sealer: Sealer) -> str:
    """Put a new sealed secret into the row, and return it."""
    secret = new_secret(signature)
    row.signature, row.public_key = signature, public_key(secret)
    row.secret = sealer.seal(secret, place(row.id))
    return secret


def _give_bearer_token(row: EndpointRow, token: str, sealer: Sealer) -> None:
    row.bearer_token = sealer.seal(token, bearer_place(row.id)) if token else None


def _scheme(row: EndpointRow) -> Signature:
    return "v1a" if row.public_key is not None else "v1"


def _columns(row: EndpointRow) -> dict[str, Any]:
    told = {
        "enabled": row.disabled_at is None,
        "has_bearer_token": row.bearer_token is not None,
    }
    return told | {name: getattr(row, name) for name in Endpoint.model_fields if name not in told}


def _unknown(endpoint_id: UUID) -> EndpointNotFound:
    return EndpointNotFound(f"There is no webhook endpoint {endpoint_id}.")
