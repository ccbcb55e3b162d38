"""The dependency that gives a repeated POST the answer of the first.

The key's row is written in the transaction of the effect, so neither exists without the other.
Nothing is kept of a failed request: it had no effect, and the client may retry it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated
from weakref import WeakValueDictionary

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.identity.sealing import Sealer
from registry.actor import Actor
from registry.idempotency.errors import KeyInProgress, KeyReused
from registry.idempotency.models import KeyRow

WAIT_SECONDS = 5
LOCK_NOT_AVAILABLE = "55P03"

Identity = tuple[str, str, str]

# Repetitions within one process wait here, so that they do not use up its connections.
doors: WeakValueDictionary[Identity, asyncio.Lock] = WeakValueDictionary()


@dataclass(frozen=True)
class Answered:
    """The answer of an effect."""

    status: int
    body: BaseModel
    headers: Mapping[str, str]

    @property
    def response(self) -> Response:
        """The answer as it is sent."""
        text = self.body.model_dump_json()
        return Response(text, self.status, dict(self.headers), "application/json")


Effect = Callable[[], Awaitable[Answered]]


class _Once:
    """One request's key, if it sent one."""

    def __init__(self, path: str, key: str | None) -> None:
        self._path = path
        self._key = key

    @property
    def has_key(self) -> bool:
        """Whether the effect has to be in a transaction, with the key's row."""
        return self._key is not None

    async def __call__(
        self,
        session: AsyncSession,
        actor: Actor,
        body: BaseModel,
        effect: Effect,
        sealer: Sealer | None = None,
    ) -> Response:
        """Return the answer of `effect`: run it now, or repeat what it answered for this key.

        An answer that holds a secret is kept under the seal of `sealer`. Raises KeyReused if the
        first body was another one, and KeyInProgress if the first request takes too long to wait
        for.
        """
        if self._key is None:
            return (await effect()).response
        identity = (str(actor.who.id), self._path, self._key)
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
                raise KeyReused("This key was sent with another body; a new body needs a new key.")
            return _response(first, sealer, replayed=True)
        row = _row(await effect())
        row.caller, row.path, row.key = identity
        row.fingerprint = fingerprint
        if sealer is not None:
            row.body = sealer.seal(row.body, row.place)
        session.add(row)
        return _response(row, sealer)


Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Any text, such as a UUID. For 24 hours the same request "
        "with the same key gets the first answer again and has no second effect.",
    ),
]


async def _once(request: Request, key: Key = None) -> _Once:
    return _Once(request.scope["path"], key)


Once = Annotated[_Once, Depends(_once)]


@asynccontextmanager
async def _one_at_a_time(identity: Identity) -> AsyncIterator[None]:
    """Let the requests of this process with one key run one at a time. Raises KeyInProgress."""
    door = doors.setdefault(identity, asyncio.Lock())
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
    """Hold one key, across all processes, until the transaction ends. Raises KeyInProgress."""
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
    return KeyInProgress("Repeat the request in a second.", headers={"Retry-After": "1"})


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
