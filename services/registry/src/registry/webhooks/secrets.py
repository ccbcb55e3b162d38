"""Webhook secrets in the database: sealed in their endpoint's row, under keys from settings."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.identity.sealing import PREFIX, SealBroken, Sealer, SecretsKeyMissing
from registry.idempotency.models import KeyRow
from registry.webhooks.models import EndpointRow
from registry.webhooks.signing import SHARED

MISSING = """\
{error} A webhook secret is sealed with it. MERGEHUB_SECRETS_KEYS must list the newest key and, \
after it, the older ones. If a key is lost, its secrets are lost too: delete the endpoint in the \
registry's database (DELETE FROM registry.webhook_endpoints WHERE id = '{endpoint}') and \
create it again."""

# Replicas start together, and one of them is enough.
_LOCK = func.pg_advisory_xact_lock(func.hashtext(func.current_schema() + ".secrets"))


class SecretsUnreadable(Exception):
    """The settings lack a key that seals secrets in the database."""


def place(endpoint: UUID) -> str:
    """Return the place of an endpoint's secrets, to which their seal is bound."""
    return f"webhooks/{endpoint}"


def bearer_place(endpoint: UUID) -> str:
    """Return the place of an endpoint's bearer token."""
    return f"{place(endpoint)}/bearer-token"


async def reseal(session: AsyncSession, sealer: Sealer) -> None:
    """Seal with the newest key every secret that is in clear or sealed with an older one.

    Raises SecretsUnreadable if a key is missing.
    """
    await session.execute(select(_LOCK))
    for row in await session.scalars(_endpoints(sealer)):
        try:
            row.secret = _renewed(sealer, row.secret, place(row.id))
            if row.previous_secret is not None:
                row.previous_secret = _renewed(sealer, row.previous_secret, place(row.id))
            if row.bearer_token is not None:
                row.bearer_token = _renewed(sealer, row.bearer_token, bearer_place(row.id))
        except (SealBroken, SecretsKeyMissing) as error:
            raise SecretsUnreadable(MISSING.format(error=error, endpoint=row.id)) from None
    for kept in await session.scalars(_answers(sealer)):
        try:
            kept.body = _renewed(sealer, kept.body, kept.place)
        except (SealBroken, SecretsKeyMissing):  # no client can get this answer any more
            await session.delete(kept)


def _endpoints(sealer: Sealer) -> Select[EndpointRow]:
    """Endpoints with a secret that is not sealed with the newest key; without a key, all."""
    others = (EndpointRow.previous_secret, EndpointRow.bearer_token)
    columns = (EndpointRow.secret, *(func.coalesce(each, EndpointRow.secret) for each in others))
    query = select(EndpointRow).order_by(EndpointRow.id).with_for_update()
    if sealer.prefix is None:
        return query
    return query.where(or_(*(~column.startswith(sealer.prefix) for column in columns)))


def _answers(sealer: Sealer) -> Select[KeyRow]:
    """Kept answers whose seal is not by the newest key; without a key, all."""
    secret = or_(KeyRow.body.startswith(PREFIX), KeyRow.body.contains(f'"secret":"{SHARED}'))
    query = select(KeyRow).where(KeyRow.path.startswith("/v1/webhooks"), secret).with_for_update()
    return query if sealer.prefix is None else query.where(~KeyRow.body.startswith(sealer.prefix))


def _renewed(sealer: Sealer, kept: str, where: str) -> str:
    if sealer.prefix is not None and kept.startswith(sealer.prefix):
        return kept
    return sealer.seal(sealer.open(kept, where) if kept.startswith(PREFIX) else kept, where)
