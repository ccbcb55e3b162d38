"""Queries of imports, each for many recipes at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from registry.recipes.models import RecipeRow, VersionRow


async def locked(session: AsyncSession, owner: str, names: Collection[str]) -> Sequence[RecipeRow]:
    """The owner's recipes of these names, locked in the order of their ids."""
    query = select(RecipeRow).where(RecipeRow.owner == owner, RecipeRow.name.in_(names))
    return (await session.scalars(query.order_by(RecipeRow.id).with_for_update())).all()


async def digests(
    session: AsyncSession, recipes: Collection[UUID]
) -> Iterable[tuple[UUID, str, int]]:
    """The recipe, digest and number of each version of these recipes, the newest first."""
    query = select(VersionRow.recipe_id, VersionRow.digest, VersionRow.number)
    found = query.where(VersionRow.recipe_id.in_(recipes)).order_by(VersionRow.number.desc())
    return [(recipe, digest, number) for recipe, digest, number in await session.execute(found)]
