"""The queries about recipes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, and_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from registry.recipes.models import RecipeRow, VersionRow
from registry.recipes.schemas import RecipeCreate

Pair = tuple[RecipeRow, VersionRow]


@dataclass(frozen=True)
class RecipeFilter:
    """Which recipes to list; None leaves a condition out."""

    name: str | None = None
    tag: str | None = None
    method: str | None = None


_NEWEST = and_(VersionRow.recipe_id == RecipeRow.id, VersionRow.number == RecipeRow.newest)
_WITH_NEWEST = select(RecipeRow, VersionRow).join(VersionRow, _NEWEST)
_NEWEST_FIRST = _WITH_NEWEST.order_by(RecipeRow.created_at.desc(), RecipeRow.id.desc())


async def add(session: AsyncSession, owner: str, wanted: RecipeCreate) -> RecipeRow | None:
    """A new recipe that will have one version; None where its owner has one of that name."""
    columns = wanted.model_dump(exclude={"recipe"}) | {"title": wanted.title or wanted.name}
    statement = insert(RecipeRow).values(owner=owner, newest=1, **columns)
    return await session.scalar(statement.on_conflict_do_nothing().returning(RecipeRow))


async def find(session: AsyncSession, recipe_id: UUID) -> Pair | None:
    """A recipe and its newest version."""
    return next(iter(await _pairs(session, _WITH_NEWEST.where(RecipeRow.id == recipe_id))), None)


async def lock(session: AsyncSession, recipe_id: UUID) -> Pair | None:
    """The same, locked until the transaction ends."""
    await session.get(RecipeRow, recipe_id, with_for_update=True)
    return await find(session, recipe_id)


async def page(
    session: AsyncSession,
    wanted: RecipeFilter,
    before: tuple[Any, ...] | None,
    limit: int,
) -> list[Pair]:
    """Recipes and their newest versions, the newest recipe first."""
    query = _NEWEST_FIRST
    if wanted.name is not None:
        query = query.where(RecipeRow.name == wanted.name)
    if wanted.tag is not None:
        query = query.where(RecipeRow.tags.contains([wanted.tag]))
    if wanted.method is not None:
        query = query.where(VersionRow.method == wanted.method)
    if before is not None:
        query = query.where(tuple_(RecipeRow.created_at, RecipeRow.id) < before)
    return await _pairs(session, query.limit(limit))


async def versions(
    session: AsyncSession, recipe_id: UUID, before: int | None, limit: int
) -> Sequence[VersionRow]:
    """Versions of a recipe, the newest first."""
    query = select(VersionRow).where(VersionRow.recipe_id == recipe_id)
    if before is not None:
        query = query.where(VersionRow.number < before)
    return (await session.scalars(query.order_by(VersionRow.number.desc()).limit(limit))).all()


async def version(session: AsyncSession, recipe_id: UUID, number: int) -> VersionRow | None:
    """The version of that number."""
    return await session.scalar(
        select(VersionRow).where(VersionRow.recipe_id == recipe_id, VersionRow.number == number)
    )


async def _pairs(session: AsyncSession, query: Executable) -> list[Pair]:
    return [(recipe, newest) for recipe, newest in await session.execute(query)]
