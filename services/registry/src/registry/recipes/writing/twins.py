"""Queries on the versions that have one digest, which publishing asks for as well."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnClause,
    Select,
    bindparam,
    exists,
    literal_column,
    select,
    true,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.constant import Constant
from mergehub.kit.database.database import AnyRow
from mergehub.kit.identity.tokens import Viewer
from registry.recipes.models import FormerNameRow, RecipeRow, VersionRow
from registry.recipes.repository import is_archived, seen_by

NONE = UUID(int=0)
BEGINNING = (datetime(1970, 1, 1, tzinfo=UTC), NONE)
VIEWERS = 1000  # whose statement is kept
SHOWN = 10
"""How many twins an answer to publishing, or to a check, has."""

# Each part is planned by itself: a plan for the first few recipes would read all of them, and
# connections keep it until the tables are analysed.
_BY_ITSELF: ColumnClause[int] = literal_column("0")


def _given(name: str) -> BindParameter[Any]:
    """A parameter whose value comes with each execution."""
    return bindparam(name, required=False)


def _twins(viewer: Viewer) -> Select[Any]:
    same = (
        select(VersionRow.recipe_id, VersionRow.id, VersionRow.number, VersionRow.created_at)
        .where(VersionRow.digest == _given("digest"))
        .offset(_BY_ITSELF)
        .subquery("same")
    )
    recipe = (
        select(RecipeRow.id, RecipeRow.owner, RecipeRow.name)
        .where(RecipeRow.id == same.c.recipe_id, seen_by(viewer), is_archived(False))
        .offset(_BY_ITSELF)
        .lateral("recipe")
    )
    place = tuple_(same.c.created_at, same.c.id)
    return (
        select(
            recipe.c.id.label("recipe"),
            same.c.id.label("version"),
            same.c.number,
            recipe.c.owner,
            recipe.c.name,
            same.c.created_at,
        )
        .select_from(same.join(recipe, true()))
        .where(recipe.c.id != _given("beside"))
        .where(place > tuple_(_given("after_time"), _given("after_id")))
        .order_by(same.c.created_at, same.c.id)
        .limit(_given("most"))
    )


@lru_cache(VIEWERS)
def _of_digest(viewer: Viewer) -> Constant:
    return Constant(_twins(viewer))


@lru_cache(VIEWERS)
def _of_new(viewer: Viewer) -> Constant:
    """The twins of a recipe, or one row without a twin, each with whether its name was used."""
    former = FormerNameRow.owner == _given("owner"), FormerNameRow.name == _given("name")
    named = select(exists().where(*former).label("was_used")).subquery("named")
    twins = _twins(viewer).subquery("twins")
    return Constant(
        select(named.c.was_used, twins)
        .select_from(named.outerjoin(twins, true()))
        .order_by(twins.c.created_at, twins.c.version)
    )


async def of_digest(
    session: AsyncSession,
    digest: str,
    viewer: Viewer,
    *,
    beside: UUID | None,
    after: tuple[Any, ...] | None,
    limit: int,
) -> Sequence[AnyRow]:
    """Versions of recipes, but for `beside`, that lists show to `viewer`, the oldest first."""
    after_time, after_id = after or BEGINNING
    values = {"digest": digest, "beside": beside or NONE, "most": limit}
    values |= {"after_time": after_time, "after_id": after_id}
    return (await _of_digest(viewer)(session, values)).all()


async def of_new(
    session: AsyncSession, digest: str, viewer: Viewer, recipe: RecipeRow
) -> Sequence[AnyRow] | None:
    """The first twins of a recipe that took its name; None if another recipe had the name before.

    In one statement, which sees all former names that could contradict the new one.
    """
    values = {"digest": digest, "beside": recipe.id, "most": SHOWN}
    values |= {"owner": recipe.owner, "name": recipe.name}
    values |= {"after_time": BEGINNING[0], "after_id": NONE}
    found = (await _of_new(viewer)(session, values)).all()
    if found[0].was_used:
        return None
    return [row for row in found if row.recipe is not None]
