"""`Idempotency-Key`: however often a POST arrives, it takes effect once and answers alike.

The key's row is written in the transaction of the effect, so neither exists without the other.
Nothing is kept of a request that failed: it had no effect and may be tried again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from weakref import WeakValueDictionary

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import String, Text, delete, func, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from mergehub.kit.identity.sealing import Sealer
from mergehub.kit.problems.problem import Conflict, Invalid
from registry.base import Base

KEPT = timedelta(hours=24)
WAIT_SECONDS = 5
LOCK_NOT_AVAILABLE = "55P03"

Identity = tuple[str, str, str]

# Repetitions that come to one process wait here, so that they do not use up its connections.
_doors: WeakValueDictionary[Identity, asyncio.Lock] = WeakValueDictionary()


class KeyReused(Invalid):
    """The `Idempotency-Key` was sent before, within 24 hours, with another body."""

    code, title = "idempotency-key-reused", "The key was used for another request"
    remedy = "Send a new key with each new request, and the same one only to repeat a request."


class KeyInProgress(Conflict):
    """A request with this `Idempotency-Key` is being worked on, so its answer is not known yet."""

    code, title = "idempotency-key-in-progress", "The first request with this key still runs"
    remedy = "Repeat the request with the same key after the seconds of `Retry-After`."


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

    @property
    def place(self) -> str:
        """What the seal of a body is bound to."""
        return "\n".join(("idempotency", self.caller, self.path, self.key))


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
        self,
        session: AsyncSession,
        caller: str,
        body: BaseModel,
        effect: Effect,
        sealer: Sealer | None = None,
    ) -> Response:
        """The answer of `effect`, run now or the first time that `caller` sent this key.

        An answer that holds a secret is kept under the seal of `sealer`. Raises KeyReused where
        the first body was another one, and KeyInProgress where the first request takes longer
        than one should wait.
        """
        if self._key is None:
            return _response(_row(await effect()), None)
        identity = (caller, self._path, self._key)
        async with _one_at_a_time(identity):
            await _lock(session, identity)
            return await self._first_answer(session, identity, body, effect, sealer)

    async def _first_answer(
        self,
        session: AsyncSession,
        identity: Identity,
        body: BaseModel,
        effect: Effect,
        sealer: Sealer | None,
    ) -> Response:
        fingerprint = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
        first = await session.get(KeyRow, identity)
        if first is not None:
            if first.fingerprint != fingerprint:
                raise KeyReused("Send a new Idempotency-Key with a new body.")
            return _response(first, sealer, replayed=True)
        row = _row(await effect())
        row.caller, row.path, row.key = identity
        row.fingerprint = fingerprint
        if sealer is not None:
            row.body = sealer.seal(row.body, row.place)
        session.add(row)
        return _response(row, sealer)


Once = Annotated[_Once, Depends()]


async def forget_old_keys(session: AsyncSession) -> None:
    """Delete the keys that nobody can rely on any more."""
    await session.execute(delete(KeyRow).where(KeyRow.created_at < func.now() - KEPT))


@asynccontextmanager
async def _one_at_a_time(identity: Identity) -> AsyncIterator[None]:
    """Let one request per key of this process go on at a time. Raises KeyInProgress."""
    door = _doors.setdefault(identity, asyncio.Lock())
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await door.acquire()
    except TimeoutError:
        raise _in_progress() from None
    try:
        yield
    finally:
        door.release()


async def _lock(session: AsyncSession, identity: Identity) -> None:
    """Let one request per key go on at a time, in all processes, until its transaction ends."""
    key = func.hashtextextended("\n".join(identity), 0)
    if await session.scalar(select(func.pg_try_advisory_xact_lock(key))):
        return
    await session.execute(text(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'"))
    try:
        await session.execute(select(func.pg_advisory_xact_lock(key)))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        raise _in_progress() from None
    await session.execute(text("SET LOCAL lock_timeout = DEFAULT"))


def _in_progress() -> KeyInProgress:
    return KeyInProgress("Ask again in a moment.", headers={"Retry-After": "1"})


def _row(answered: Answered) -> KeyRow:
    return KeyRow(
        status=answered.status,
        headers=dict(answered.headers),
        body=answered.body.model_dump_json(),
    )


def _response(row: KeyRow, sealer: Sealer | None, *, replayed: bool = False) -> Response:
    headers = row.headers | ({"Idempotency-Replayed": "true"} if replayed else {})
    body = row.body if sealer is None else sealer.open(row.body, row.place)
    return Response(body, row.status, headers, "application/json")
