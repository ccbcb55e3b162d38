"""Queries on recipes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Executable,
    Row,
    and_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from mergehub.kit.identity.tokens import Viewer
from registry.accounts.access import readable
from registry.changes import noted
from registry.recipes.models import ForkRow, FormerNameRow, RecipeRow, VersionRow

Pair = tuple[RecipeRow, VersionRow]

MOST_LETTERS = 3  # by which the lengths of similar names differ at most
MOST_NAMES = 2000  # of the newest recipes, to compare


_NEWEST = and_(VersionRow.recipe_id == RecipeRow.id, VersionRow.number == RecipeRow.newest)
_WITH_NEWEST = select(RecipeRow, VersionRow).join(VersionRow, _NEWEST)
_NO_TEXT = (  # a list of large recipes would hold all their texts in memory
    defer(VersionRow.source, raiseload=True),
    defer(VersionRow.canonical, raiseload=True),
)
_ONE = _WITH_NEWEST.where(RecipeRow.id == bindparam("recipe_id"))
_IN_SHORT = _WITH_NEWEST.options(*_NO_TEXT)


async def find(session: AsyncSession, recipe_id: UUID, viewer: Viewer) -> Pair | None:
    """A recipe that `viewer` may read, and its newest version."""
    query = _ONE.where(readable_by(viewer))
    found = (await session.execute(query, {"recipe_id": recipe_id})).first()
    return (found[0], found[1]) if found else None


async def find_named(session: AsyncSession, owner: str, name: str, viewer: Viewer) -> Pair | None:
    """A recipe that `viewer` may read, by the name that it has, or else by one that it had."""
    present = and_(RecipeRow.owner == owner, RecipeRow.name == name)
    former = select(FormerNameRow.recipe_id).where(
        FormerNameRow.owner == owner, FormerNameRow.name == name
    )
    named = _WITH_NEWEST.where(or_(present, RecipeRow.id == former.scalar_subquery()))
    query = named.where(readable_by(viewer)).order_by((RecipeRow.name == name).desc()).limit(1)
    return next(iter(await _pairs(session, query)), None)


async def lock(
    session: AsyncSession, recipe_id: UUID, viewer: Viewer, *, with_origin: bool = False
) -> Pair | None:
    """The same as `find`, locked until the transaction ends; a recipe of others is not locked.

    `with_origin`: also the recipe that it was forked from. Rows are locked in the order of their
    ids, as everywhere, so that nothing can deadlock.
    """
    mine = select(RecipeRow.id).where(RecipeRow.id == recipe_id, readable_by(viewer))
    if await session.scalar(mine) is None:
        return None
    ids = RecipeRow.id == recipe_id
    if with_origin:
        ids |= RecipeRow.id.in_(select(ForkRow.origin_id).where(ForkRow.recipe_id == recipe_id))
    rows = select(RecipeRow).where(ids).order_by(RecipeRow.id)
    await session.scalars(rows.with_for_update().execution_options(populate_existing=True))
    return await find(session, recipe_id, viewer)


async def hold(session: AsyncSession, recipe_id: UUID, viewer: Viewer) -> RecipeRow | None:
    """A recipe that `viewer` may read, which no other transaction changes until this one ends."""
    query = select(RecipeRow).where(RecipeRow.id == recipe_id, readable_by(viewer))
    held = query.with_for_update(of=RecipeRow, key_share=True)
    return await session.scalar(held.execution_options(populate_existing=True))


async def several(session: AsyncSession, ids: Sequence[UUID]) -> list[Pair]:
    """Recipes by their ids, with their newest versions, in no order."""
    query = _WITH_NEWEST.options(*_NO_TEXT).where(RecipeRow.id.in_(ids))
    return await _pairs(session, query)


async def forks(
    session: AsyncSession,
    recipe_id: UUID,
    viewer: Viewer,
    before: tuple[Any, ...] | None,
    limit: int,
) -> list[Pair]:
    """The forks of a recipe that lists show to `viewer`, archived ones left out, newest first."""
    of_it = select(ForkRow.recipe_id).where(ForkRow.origin_id == recipe_id)
    query = _IN_SHORT.where(seen_by(viewer), is_archived(False), RecipeRow.id.in_(of_it))
    if before is not None:
        query = query.where(tuple_(RecipeRow.created_at, RecipeRow.id) < before)
    newest = query.order_by(RecipeRow.created_at.desc(), RecipeRow.id.desc())
    return await _pairs(session, newest.limit(limit))


async def count_fork(session: AsyncSession, fork: UUID, change: int) -> None:
    """Change the count of forks of what `fork` was forked from, if it is there still."""
    if change:
        origin = select(ForkRow.origin_id).where(ForkRow.recipe_id == fork).scalar_subquery()
        counted = update(RecipeRow).where(RecipeRow.id == origin)
        counted = counted.values(forks=RecipeRow.forks + change).returning(RecipeRow.id)
        synchronized = counted.execution_options(synchronize_session=False)
        await noted(session, *await session.scalars(synchronized))


async def origins(
    session: AsyncSession, recipes: Sequence[UUID], viewer: Viewer
) -> dict[UUID, Pair]:
    """What these recipes were forked from, as far as lists show it to `viewer`, by their ids."""
    query = (
        select(ForkRow.recipe_id, RecipeRow, VersionRow)
        .join(RecipeRow, RecipeRow.id == ForkRow.origin_id)
        .join(VersionRow, VersionRow.id == ForkRow.version_id)
        .options(*_NO_TEXT)
        .where(ForkRow.recipe_id.in_(recipes), seen_by(viewer))
    )
    return {fork: (recipe, version) for fork, recipe, version in await session.execute(query)}


async def names_like(session: AsyncSession, name: str, viewer: Viewer) -> Sequence[Row[str, str]]:
    """Owners and names of recipes that `viewer` may see and whose names are about as long."""
    differs = func.abs(func.length(RecipeRow.name) - len(name))
    query = select(RecipeRow.owner, RecipeRow.name).where(seen_by(viewer), is_archived(False))
    query = query.where(differs <= MOST_LETTERS)
    newest = query.order_by(RecipeRow.created_at.desc(), RecipeRow.id.desc()).limit(MOST_NAMES)
    return (await session.execute(newest)).all()


async def versions(
    session: AsyncSession, recipe_id: UUID, before: tuple[Any, ...] | None, limit: int
) -> Sequence[VersionRow]:
    """Versions of a recipe, newest first."""
    query = select(VersionRow).options(*_NO_TEXT).where(VersionRow.recipe_id == recipe_id)
    if before is not None:
        query = query.where(VersionRow.number < before[0])
    return (await session.scalars(query.order_by(VersionRow.number.desc()).limit(limit))).all()


async def version(
    session: AsyncSession, recipe_id: UUID, number: int, viewer: Viewer
) -> VersionRow | None:
    """The version of this number, if `viewer` may read the recipe."""
    query = select(VersionRow).join(RecipeRow, RecipeRow.id == VersionRow.recipe_id)
    numbered = VersionRow.recipe_id == recipe_id, VersionRow.number == number
    return await session.scalar(query.where(*numbered, readable_by(viewer)))


async def version_by_id(
    session: AsyncSession, version_id: UUID, viewer: Viewer
) -> tuple[RecipeRow, VersionRow] | None:
    """A version of a recipe that `viewer` may read."""
    query = select(RecipeRow, VersionRow).join(VersionRow, VersionRow.recipe_id == RecipeRow.id)
    found = await session.execute(query.where(VersionRow.id == version_id, readable_by(viewer)))
    row = found.first()
    return (row[0], row[1]) if row else None


def seen_by(viewer: Viewer) -> ColumnElement[bool]:
    """Whether lists and searches of `viewer` show a recipe."""
    return readable(viewer, RecipeRow.owner, RecipeRow.visibility)


def readable_by(viewer: Viewer) -> ColumnElement[bool]:
    """Whether `viewer`, who has its id or name, may read a recipe: also one that is unlisted."""
    return or_(seen_by(viewer), RecipeRow.unlisted & (RecipeRow.visibility == "private"))


def is_archived(archived: bool) -> ColumnElement[bool]:
    """Whether a recipe is archived, or is not."""
    return RecipeRow.archived_at.is_not(None) if archived else RecipeRow.archived_at.is_(None)


async def _pairs(session: AsyncSession, query: Executable) -> list[Pair]:
    return [(recipe, newest) for recipe, newest in await session.execute(query)]
