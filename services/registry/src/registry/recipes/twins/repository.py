"""Queries on the versions that have one digest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnClause,
    bindparam,
    literal_column,
    select,
    true,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.constant import Constant
from mergehub.kit.database.database import AnyRow
from mergehub.kit.identity.tokens import Viewer
from registry.recipes.models import RecipeRow, VersionRow
from registry.recipes.repository import is_archived, seen_by

NONE = UUID(int=0)
BEGINNING = (datetime(1970, 1, 1, tzinfo=UTC), NONE)
VIEWERS = 1000  # whose statement is kept

# Each part is planned by itself: a plan for the first few recipes would read all of them, and
# connections keep it until the tables are analysed.
_BY_ITSELF: ColumnClause[int] = literal_column("0")


def _given(name: str) -> BindParameter[Any]:
    """A parameter whose value comes with each execution."""
    return bindparam(name, required=False)


@lru_cache(VIEWERS)
def _of_digest(viewer: Viewer) -> Constant:
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
    return Constant(
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
