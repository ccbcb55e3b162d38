"""The versions of an export, in the order of the recipes' ids and the versions' numbers."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from mergehub.kit.identity.tokens import Viewer
from registry.recipes.models import RecipeRow, VersionRow
from registry.recipes.repository import Pair, is_archived, readable_by, seen_by

Place = tuple[UUID, int]


async def one(session: AsyncSession, recipe_id: UUID, number: int, viewer: Viewer) -> Pair | None:
    """A version of a recipe that `viewer` may read."""
    query = select(RecipeRow, VersionRow).join(VersionRow, VersionRow.recipe_id == RecipeRow.id)
    numbered = RecipeRow.id == recipe_id, VersionRow.number == number
    found = (await session.execute(query.where(*numbered, readable_by(viewer)))).first()
    return (found[0], found[1]) if found else None


async def page(
    session: AsyncSession, owner: str | None, after: Place | None, limit: int
) -> list[Pair]:
    """Versions of the recipes that lists show to everyone, the next after a place."""
    order = VersionRow.recipe_id, VersionRow.number
    query = (
        select(RecipeRow, VersionRow)
        .join(VersionRow, VersionRow.recipe_id == RecipeRow.id)
        .options(defer(VersionRow.canonical, raiseload=True))
        .where(seen_by(None), is_archived(False))
    )
    if owner is not None:
        query = query.where(RecipeRow.owner == owner)
    if after is not None:
        query = query.where(tuple_(*order) > after)
    found = await session.execute(query.order_by(*order).limit(limit))
    return [(recipe, version) for recipe, version in found]
