"""Queries on withdrawals and origins."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.facts.models import OriginRow, WithdrawalRow
from mergehub.kit.database.database import AnyRow


async def withdrawals(
    session: AsyncSession, before: int | None, limit: int
) -> Sequence[WithdrawalRow]:
    """At most `limit` withdrawals, newest first."""
    query = select(WithdrawalRow).order_by(WithdrawalRow.id.desc()).limit(limit)
    if before is not None:
        query = query.where(WithdrawalRow.id < before)
    return (await session.scalars(query)).all()


async def origins(
    session: AsyncSession, account: str | None, before: int | None, limit: int
) -> Sequence[AnyRow]:
    """At most `limit` origins of imports, newest first; of one account or all."""
    key = (OriginRow.origin, OriginRow.account, OriginRow.source)
    first = func.min(OriginRow.id)
    query = (
        select(*key, first.label("id"), func.min(OriginRow.created_at).label("first_import"))
        .where(OriginRow.account.is_not(None))
        .group_by(*key)
        .order_by(first.desc())
        .limit(limit)
    )
    if account is not None:
        query = query.where(OriginRow.account == account)
    if before is not None:
        query = query.having(first < before)
    return (await session.execute(query)).all()
