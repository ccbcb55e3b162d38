"""What a deletion asks and does."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.identity.tokens import Viewer
from registry.recipes.models import ForkRow, RecipeRow, VersionRow
from registry.recipes.repository import seen_by


async def forks(
    session: AsyncSession, origin: UUID, viewer: Viewer, limit: int
) -> tuple[list[str], int]:
    """The first forks of a recipe that `viewer` may see as `owner/name`, and how many there are."""
    query = (
        select(RecipeRow.owner, RecipeRow.name, func.count().over())
        .join(ForkRow, ForkRow.recipe_id == RecipeRow.id)
        .where(ForkRow.origin_id == origin, seen_by(viewer))
        .order_by(RecipeRow.created_at, RecipeRow.id)
    )
    found = (await session.execute(query.limit(limit))).all()
    return [f"{owner}/{name}" for owner, name, _ in found], found[0][2] if found else 0


async def delete_all(session: AsyncSession, recipe_id: UUID) -> None:
    """Delete a recipe with its versions, its former names, and what it was forked from."""
    await session.execute(delete(VersionRow).where(VersionRow.recipe_id == recipe_id))
    await session.execute(delete(RecipeRow).where(RecipeRow.id == recipe_id))
