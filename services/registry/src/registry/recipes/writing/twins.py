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
    ColumnElement,
    Select,
    bindparam,
    literal_column,
    select,
    true,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.constant import Constant, written
from mergehub.kit.database.database import AnyRow
from mergehub.kit.database.together import Write
from mergehub.kit.identity.tokens import Viewer
from registry.recipes.models import RecipeRow, VersionRow
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


_BESIDE = VersionRow.recipe_id != _given("beside")
_AFTER = tuple_(VersionRow.created_at, VersionRow.id) > tuple_(
    _given("after_time"), _given("after_id")
)


def _twins(viewer: Viewer, *conditions: ColumnElement[bool]) -> Select[Any]:
    """The versions of a digest that meet the conditions, of recipes that lists show to `viewer`."""
    same = (
        select(VersionRow.recipe_id, VersionRow.id, VersionRow.number, VersionRow.created_at)
        .where(VersionRow.digest == _given("digest"), *conditions)
        .offset(_BY_ITSELF)
        .subquery("same")
    )
    recipe = (
        select(RecipeRow.id, RecipeRow.owner, RecipeRow.name)
        .where(RecipeRow.id == same.c.recipe_id, seen_by(viewer), is_archived(False))
        .offset(_BY_ITSELF)
        .lateral("recipe")
    )
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
        .order_by(same.c.created_at, same.c.id)
        .limit(_given("most"))
    )


@lru_cache(VIEWERS)
def _of_digest(viewer: Viewer) -> Constant:
    return Constant(_twins(viewer, _BESIDE, _AFTER))


@lru_cache(VIEWERS)
def _of_new(viewer: Viewer) -> tuple[str, dict[str, Any]]:
    """The twins of a recipe that is being added, and the values of the viewer."""
    return written(_twins(viewer))


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


def finding(digest: str, viewer: Viewer) -> Write:
    """A part of the statement that adds a recipe: the first twins of a digest, as JSON."""
    sql, values = _of_new(viewer)
    given = {"digest": digest, "most": SHOWN}
    return Write("twins", sql, {**values, **given}, answer="(SELECT json_agg(twins) FROM twins)")
