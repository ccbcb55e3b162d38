"""Recognising tokens in the table, and noting when each was used last."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row

from mergehub.kit.database.database import Database
from mergehub.kit.identity.auth import Principal, hash_token, same_hash
from registry.tokens import repository
from registry.tokens.models import TokenRow

log = structlog.get_logger()


def principal_of(row: Row[Any] | TokenRow) -> Principal:
    """Who holds the token that a row tells of."""
    scopes = frozenset(row.scopes)
    return Principal(row.name, scopes, row.id, row.expires_at, row.account, row.session)


class TableAuthenticator:
    """Finds the holder of a token in the registry's table."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._notes: set[asyncio.Task[None]] = set()

    async def principal(self, token: str) -> Principal | None:
        """The holder of `token`, or None where it is not valid."""
        row = await self.row(token)
        return principal_of(row) if row else None

    async def row(self, token: str) -> Row[Any] | None:
        """What is stored of `token`, or None where it is not valid.

        The index may tell by its time how far a hash agrees with a stored one: nobody can steer a
        SHA-256 with that. What decides is the comparison here, whose time tells nothing.
        """
        digest = hash_token(token)
        row = await repository.valid(self._database, digest)
        if row is None or not same_hash(row.hash, digest):
            return None
        if row.long_unused:
            self._note_later(row.id)
        return row

    async def settle(self) -> None:
        """Wait for the notes that are still being written."""
        await asyncio.gather(*self._notes)

    def _note_later(self, token_id: UUID) -> None:
        """The request that uses the token does not wait for this."""
        note = asyncio.create_task(self._note(token_id))
        self._notes.add(note)
        note.add_done_callback(self._notes.discard)

    async def _note(self, token_id: UUID) -> None:
        try:
            async with self._database.transaction() as session:
                await repository.note_use(session, token_id)
        except Exception as error:
            log.warning("token.use_not_noted", token=str(token_id), error=type(error).__name__)
