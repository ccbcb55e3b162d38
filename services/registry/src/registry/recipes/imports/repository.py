"""Queries of imports, each for many recipes at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from registry.recipes.models import FormerNameRow, RecipeRow, VersionRow


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


async def add(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> Sequence[RecipeRow]:
    """New recipes of one owner, without those whose names other recipes of it have, or had."""
    if not rows:
        return []
    statement = insert(RecipeRow).values(rows).on_conflict_do_nothing().returning(RecipeRow)
    added = (await session.scalars(statement)).all()
    owned = FormerNameRow.owner == rows[0]["owner"]
    names = FormerNameRow.name.in_([row.name for row in added])
    former = set(await session.scalars(select(FormerNameRow.name).where(owned, names)))
    if former:
        gone = [row.id for row in added if row.name in former]
        await session.execute(delete(RecipeRow).where(RecipeRow.id.in_(gone)))
    return [row for row in added if row.name not in former]


async def add_versions(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """New versions of recipes that are locked or new."""
    await session.execute(insert(VersionRow), list(rows))
