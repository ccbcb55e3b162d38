"""Queries on boards that people made."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.boards.own.models import OwnBoardRow


async def get(session: AsyncSession, name: str, *, to_change: bool = False) -> OwnBoardRow | None:
    """The board of this name; locked until the transaction ends if it is to be changed."""
    query = select(OwnBoardRow).where(OwnBoardRow.name == name)
    return await session.scalar(query.with_for_update() if to_change else query)


async def page(session: AsyncSession, after: str, limit: int) -> Sequence[OwnBoardRow]:
    """At most `limit` boards by name."""
    query = select(OwnBoardRow).where(OwnBoardRow.name > after).order_by(OwnBoardRow.name)
    return (await session.scalars(query.limit(limit))).all()


async def owned(session: AsyncSession, owner: str) -> int:
    """How many boards an account has."""
    query = select(func.count()).select_from(OwnBoardRow).where(OwnBoardRow.owner == owner)
    return await session.scalar(query) or 0
