"""Queries on stars."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.identity.tokens import Viewer
from registry.recipes.models import RecipeRow
from registry.recipes.repository import seen_by
from registry.stars.models import StarRow

Key = tuple[Any, ...]


async def add(session: AsyncSession, recipe_id: UUID, account: str) -> bool:
    """Store a star; whether it is new."""
    statement = insert(StarRow).values(recipe_id=recipe_id, account=account)
    added = statement.on_conflict_do_nothing().returning(StarRow.account)
    return await session.scalar(added) is not None


async def remove(session: AsyncSession, recipe_id: UUID, account: str) -> bool:
    """Delete a star; whether there was one."""
    mine = StarRow.recipe_id == recipe_id, StarRow.account == account
    return await session.scalar(delete(StarRow).where(*mine).returning(StarRow.account)) is not None


async def starred_at(session: AsyncSession, recipe_id: UUID, account: str) -> datetime | None:
    """When an account starred a recipe; None if it did not."""
    mine = StarRow.recipe_id == recipe_id, StarRow.account == account
    return await session.scalar(select(StarRow.created_at).where(*mine))


async def page(
    session: AsyncSession, recipe_id: UUID, before: Key | None, limit: int
) -> Sequence[StarRow]:
    """The stars of a recipe, newest first."""
    query = select(StarRow).where(StarRow.recipe_id == recipe_id)
    if before is not None:
        at, account = before
        same_time = and_(StarRow.created_at == at, StarRow.account > account)
        query = query.where(or_(StarRow.created_at < at, same_time))
    ordered = query.order_by(StarRow.created_at.desc(), StarRow.account).limit(limit)
    return (await session.scalars(ordered)).all()


async def starred(
    session: AsyncSession, account: str, viewer: Viewer, before: Key | None, limit: int
) -> Sequence[StarRow]:
    """The stars of an account on recipes that `viewer` may see, newest first."""
    seen = select(StarRow).join(RecipeRow, RecipeRow.id == StarRow.recipe_id)
    query = seen.where(StarRow.account == account, seen_by(viewer))
    if before is not None:
        query = query.where(tuple_(StarRow.created_at, StarRow.recipe_id) < before)
    ordered = query.order_by(StarRow.created_at.desc(), StarRow.recipe_id.desc()).limit(limit)
    return (await session.scalars(ordered)).all()
