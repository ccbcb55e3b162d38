"""Queries on parents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.parents.models import ParentRow


async def replace(session: AsyncSession, model: str, parents: Sequence[dict[str, Any]]) -> None:
    """Replace the model's parents by `parents`."""
    await session.execute(delete(ParentRow).where(ParentRow.model == model))
    for values in parents:
        await session.execute(
            insert(ParentRow).values(model=model, **values).on_conflict_do_nothing()
        )


async def of(session: AsyncSession, model: str) -> Sequence[ParentRow]:
    """The parents of one model: the base first, then ingredients by name."""
    query = (
        select(ParentRow).where(ParentRow.model == model).order_by(ParentRow.role, ParentRow.parent)
    )
    return (await session.scalars(query)).all()


async def merge_methods(session: AsyncSession) -> dict[str, str]:
    """The method of every merge, by model."""
    query = (
        select(ParentRow.model, ParentRow.method).where(ParentRow.relation == "merge").distinct()
    )
    return {row.model: row.method for row in await session.execute(query)}


async def ingredients(session: AsyncSession) -> Mapping[str, set[str]]:
    """The ingredients of every merge, by model."""
    query = select(ParentRow.model, ParentRow.parent).where(ParentRow.role == "ingredient")
    found: dict[str, set[str]] = defaultdict(set)
    for model, parent in await session.execute(query):
        found[model].add(parent)
    return dict(found)
