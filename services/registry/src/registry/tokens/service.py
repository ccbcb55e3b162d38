"""Recognising tokens, and those that the settings bring along."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.auth import Principal, hash_token
from mergehub.kit.database import Database
from mergehub.kit.settings import ServiceSettings
from registry.tokens.models import TokenRow


class TableAuthenticator:
    """Finds the holder of a token in the registry's table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def principal(self, token: str) -> Principal | None:
        """The holder of `token`, or None where it is not known."""
        async with self._database.transaction() as session:
            row = await session.scalar(select(TokenRow).where(TokenRow.hash == hash_token(token)))
        return Principal(row.name, frozenset(row.scopes)) if row else None


async def accept_settings_tokens(session: AsyncSession, settings: ServiceSettings) -> None:
    """Make the owner's and the workers' token of the settings valid.

    A new value takes the old one's place, so changing the variable rotates the token.
    """
    given = {
        "owner": (settings.bootstrap_token, "admin"),
        "worker": (settings.worker_token, "worker"),
    }
    for name, (token, scope) in given.items():
        if token is not None:
            values = {"hash": hash_token(token.get_secret_value()), "scopes": [scope]}
            statement = insert(TokenRow).values(name=name, **values)
            await session.execute(
                statement.on_conflict_do_update(index_elements=["name"], set_=values)
            )
