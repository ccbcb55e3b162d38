"""Finding tokens in the table, and noting when each was last used."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row

from mergehub.kit.database.database import Database
from mergehub.kit.identity.tokens import Principal, hash_token, same_hash
from registry.tokens import repository
from registry.tokens.models import TokenRow

log = structlog.get_logger()


def principal_of(row: Row[Any] | TokenRow) -> Principal:
    """Return the holder of a token, from its row."""
    scopes = frozenset(row.scopes)
    return Principal(row.name, scopes, row.id, row.expires_at, row.account, row.session)


class TableAuthenticator:
    """Finds the holder of a token in the registry's table."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._notes: set[asyncio.Task[None]] = set()

    async def principal(self, token: str) -> Principal | None:
        """The holder of `token`, or None if it is not valid."""
        row = await self.row(token)
        return principal_of(row) if row else None

    async def row(self, token: str) -> Row[Any] | None:
        """The row of `token`, or None if it is not valid.

        The time of the index look-up may reveal how much of a hash agrees with a stored one, but an
        attacker cannot steer a SHA-256 with that. The comparison here decides, in constant time.
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
        """Note the use in the background; the request that uses the token does not wait."""
        note = asyncio.create_task(self._note(token_id))
        self._notes.add(note)
        note.add_done_callback(self._notes.discard)

    async def _note(self, token_id: UUID) -> None:
        try:
            async with self._database.transaction() as session:
                await repository.note_use(session, token_id)
        except Exception as error:
            log.warning("token.use_not_noted", token=str(token_id), error=type(error).__name__)
