"""The tokens that settings define: the operator's, the workers' and the services'."""

from __future__ import annotations

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.identity.tokens import hash_token, same_hash
from mergehub.kit.settings.service import ServiceSettings
from registry.accounts.models import LOCAL
from registry.actor import SYSTEM
from registry.audit.service import audit
from registry.tokens.models import TokenRow
from registry.tokens.service import SETTINGS, end, hint_of

# Replicas start together, and each writes the same rows.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.tokens'))")


async def accept_settings_tokens(session: AsyncSession, settings: ServiceSettings) -> None:
    """Make the tokens of the settings valid, and those that the settings dropped invalid.

    A new value replaces the old one, so changing a variable rotates its token. Two variables may
    even swap their values.
    """
    given = {
        "owner": (settings.bootstrap_token, "admin"),
        "worker": (settings.worker_token, "worker"),
        "service": (settings.service_token, "tokens:introspect"),
    }
    wanted = {
        name: (token.get_secret_value(), scope) for name, (token, scope) in given.items() if token
    }
    await session.execute(_LOCK)
    for row in await _current(session):
        token, _ = wanted.get(row.name, ("", ""))
        if same_hash(hash_token(token), row.hash):
            del wanted[row.name]
        else:
            await end(session, SYSTEM, row)
    for name, (token, scope) in wanted.items():
        await _add(session, name, token, scope)


async def _current(session: AsyncSession) -> list[TokenRow]:
    query = select(TokenRow).where(TokenRow.created_by == SETTINGS, TokenRow.revoked_at.is_(None))
    return list(await session.scalars(query))


async def _add(session: AsyncSession, name: str, token: str, scope: str) -> None:
    row = TokenRow(
        name=name,
        account=LOCAL if scope == "admin" else None,
        hash=hash_token(token),
        hint=hint_of(token),
        scopes=[scope],
        created_by=SETTINGS,
    )
    session.add(row)
    await session.flush()
    await audit(session, SYSTEM, "token.created", f"tokens/{row.id}")
