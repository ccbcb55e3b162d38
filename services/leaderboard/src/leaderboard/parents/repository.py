"""Queries on parents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.parents.models import Parent


async def replace(session: AsyncSession, model: str, parents: Sequence[dict[str, Any]]) -> None:
    """Make `parents` all that the model has."""
    await session.execute(delete(Parent).where(Parent.model == model))
    for values in parents:
        await session.execute(insert(Parent).values(model=model, **values).on_conflict_do_nothing())


async def of(session: AsyncSession, model: str) -> Sequence[Parent]:
    """The parents of one model: the base first, then ingredients by name."""
    query = select(Parent).where(Parent.model == model).order_by(Parent.role, Parent.parent)
    return (await session.scalars(query)).all()


async def merge_methods(session: AsyncSession) -> dict[str, str]:
    """The method of every model that is a merge."""
    query = select(Parent.model, Parent.method).where(Parent.relation == "merge").distinct()
    return {row.model: row.method for row in await session.execute(query)}
