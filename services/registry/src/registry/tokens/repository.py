"""Queries on tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, exists, func, or_, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.database import Database
from mergehub.kit.identity.tokens import Principal
from registry.accounts.models import AccountRow
from registry.tokens.models import TokenRow

NOTED_EVERY = timedelta(minutes=1)

_DISABLED = exists().where(
    AccountRow.handle == TokenRow.account, AccountRow.disabled_at.is_not(None)
)
VALID = and_(
    TokenRow.revoked_at.is_(None),
    TokenRow.expires_at.is_(None) | (TokenRow.expires_at > func.now()),
    ~_DISABLED,
)
_LONG_UNUSED = TokenRow.last_used_at.is_(None) | (TokenRow.last_used_at < func.now() - NOTED_EVERY)


async def valid(database: Database, digest: str) -> Row[Any] | None:
    """The columns of the valid token of a hash, and `long_unused`: whether to note its use."""
    columns = (*TokenRow.__table__.columns, _LONG_UNUSED.label("long_unused"))
    return await database.first(select(*columns).where(TokenRow.hash == digest, VALID))


async def note_use(session: AsyncSession, token_id: UUID) -> None:
    """Note that a token is used, unless that was noted just now."""
    used = update(TokenRow).where(TokenRow.id == token_id, _LONG_UNUSED)
    await session.execute(used.values(last_used_at=func.now()))


async def hold(session: AsyncSession, token_id: UUID | None) -> bool:
    """Whether a token is valid; it cannot be revoked until this transaction ends."""
    query = select(TokenRow.id).where(TokenRow.id == token_id, VALID)
    return await session.scalar(query.with_for_update(read=True)) is not None


async def add(session: AsyncSession, **columns: Any) -> TokenRow | None:
    """A new token, or None if a token that is not revoked has its name."""
    added = insert(TokenRow).values(**columns).on_conflict_do_nothing().returning(TokenRow)
    return await session.scalar(added)


async def find(session: AsyncSession, token_id: UUID, viewer: Principal) -> TokenRow | None:
    """A token that `viewer` may see."""
    return await session.scalar(select(TokenRow).where(TokenRow.id == token_id, seen_by(viewer)))


async def lock(session: AsyncSession, token_id: UUID, viewer: Principal) -> TokenRow | None:
    """A token that `viewer` may see, locked until the transaction ends."""
    query = select(TokenRow).where(TokenRow.id == token_id, seen_by(viewer))
    return await session.scalar(query.with_for_update())


async def page(
    session: AsyncSession,
    viewer: Principal,
    revoked: bool,
    before: tuple[Any, ...] | None,
    limit: int,
) -> Sequence[TokenRow]:
    """Tokens that `viewer` may see, newest first."""
    query = select(TokenRow).order_by(TokenRow.created_at.desc(), TokenRow.id.desc())
    query = query.where(seen_by(viewer), TokenRow.revoked_at.is_not(None) == revoked)
    if before is not None:
        query = query.where(tuple_(TokenRow.created_at, TokenRow.id) < before)
    return (await session.scalars(query.limit(limit))).all()


def seen_by(viewer: Principal) -> ColumnElement[bool]:
    """The tokens that `viewer` may see: all for administrators.

    A person who signed in sees those of their account, a token itself and those that it made.
    """
    if viewer.may("admin"):
        return true()
    if viewer.session:
        return TokenRow.account == viewer.account
    return or_(TokenRow.id == viewer.id, TokenRow.creator_id == viewer.id)
