"""`Idempotency-Key`: however often a POST arrives, it takes effect once and answers alike.

The key's row is written in the transaction of the effect, so neither exists without the other.
Nothing is kept of a request that failed: it had no effect and may be tried again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import String, Text, delete, func, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from mergehub.kit.problems import Conflict, Invalid
from registry.base import Base

KEPT = timedelta(hours=24)
WAIT_SECONDS = 5
LOCK_NOT_AVAILABLE = "55P03"


class KeyReused(Invalid):
    code, title = "idempotency-key-reused", "The key was used for another request"


class KeyInProgress(Conflict):
    code, title = "idempotency-key-in-progress", "The first request with this key still runs"


class KeyRow(Base):
    """The first answer to a key of one caller at one path."""

    __tablename__ = "idempotency_keys"

    caller: Mapped[str] = mapped_column(String(200), primary_key=True)
    path: Mapped[str] = mapped_column(String(300), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    headers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


@dataclass(frozen=True)
class Answered:
    """What an effect answers."""

    status: int
    body: BaseModel
    headers: Mapping[str, str]


Effect = Callable[[], Awaitable[Answered]]


class _Once:
    """One request's key, if it sent one."""

    def __init__(
        self,
        request: Request,
        key: Annotated[
            str | None,
            Header(
                alias="Idempotency-Key",
                min_length=1,
                max_length=255,
                description="Any text of your own, such as a UUID. For 24 hours the same request "
                "with the same key gets the first answer again and has no second effect.",
            ),
        ] = None,
    ) -> None:
        self._path = request.url.path
        self._key = key

    async def __call__(
        self, session: AsyncSession, caller: str, body: BaseModel, effect: Effect
    ) -> Response:
        """The answer of `effect`, run now or the first time that `caller` sent this key.

        Raises KeyReused where the first body was another one, and KeyInProgress where the first
        request takes longer than one should wait.
        """
        if self._key is None:
            return _response(_row(await effect()))
        identity = (caller, self._path, self._key)
        await _lock(session, identity)
        fingerprint = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
        first = await session.get(KeyRow, identity)
        if first is not None:
            if first.fingerprint != fingerprint:
                raise KeyReused("Send a new Idempotency-Key with a new body.")
            return _response(first, replayed=True)
        row = _row(await effect())
        row.caller, row.path, row.key = identity
        row.fingerprint = fingerprint
        session.add(row)
        return _response(row)


Once = Annotated[_Once, Depends()]


async def forget_old_keys(session: AsyncSession) -> None:
    """Delete the keys that nobody can rely on any more."""
    await session.execute(delete(KeyRow).where(KeyRow.created_at < func.now() - KEPT))


async def _lock(session: AsyncSession, identity: tuple[str, str, str]) -> None:
    """Let one request per key go on at a time, until its transaction ends."""
    key = func.hashtextextended("\n".join(identity), 0)
    if await session.scalar(select(func.pg_try_advisory_xact_lock(key))):
        return
    await session.execute(text(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'"))
    try:
        await session.execute(select(func.pg_advisory_xact_lock(key)))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        raise KeyInProgress("Ask again in a moment.", headers={"Retry-After": "1"}) from None
    await session.execute(text("SET LOCAL lock_timeout = DEFAULT"))


def _row(answered: Answered) -> KeyRow:
    return KeyRow(
        status=answered.status,
        headers=dict(answered.headers),
        body=answered.body.model_dump_json(),
    )


def _response(row: KeyRow, *, replayed: bool = False) -> Response:
    headers = row.headers | ({"Idempotency-Replayed": "true"} if replayed else {})
    return Response(row.body, row.status, headers, "application/json")
