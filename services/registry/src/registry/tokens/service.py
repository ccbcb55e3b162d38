"""Recognising tokens, and those that the settings bring along."""

from __future__ import annotations

from sqlalchemy import delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.auth import Principal, hash_token
from mergehub.kit.database import Database
from mergehub.kit.settings import ServiceSettings
from registry.tokens.models import TokenRow

# Replicas start together, and each writes the same rows.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.tokens'))")


class TableAuthenticator:
    """Finds the holder of a token in the registry's table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def principal(self, token: str) -> Principal | None:
        """The holder of `token`, or None where it is not known."""
        query = select(TokenRow.name, TokenRow.scopes).where(TokenRow.hash == hash_token(token))
        found = await self._database.first(query)
        return Principal(found.name, frozenset(found.scopes)) if found else None


async def accept_settings_tokens(session: AsyncSession, settings: ServiceSettings) -> None:
    """Make the owner's and the workers' token of the settings valid.

    A new value takes the old one's place, so changing the variable rotates the token; two
    variables may even change their values with each other.
    """
    given = {
        "owner": (settings.bootstrap_token, "admin"),
        "worker": (settings.worker_token, "worker"),
    }
    rows = [
        {"name": name, "hash": hash_token(token.get_secret_value()), "scopes": [scope]}
        for name, (token, scope) in given.items()
        if token is not None
    ]
    if rows:
        await session.execute(_LOCK)
        await session.execute(delete(TokenRow).where(TokenRow.name.in_([r["name"] for r in rows])))
        await session.execute(insert(TokenRow), rows)
