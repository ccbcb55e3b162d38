"""Keeps the features of recipes, so that a start need not read all texts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.housekeeping import Task
from registry.recipes.models import RecipeRow, VersionRow
from registry.search.features import described
from registry.search.models import FORM, FeaturesRow

BATCH = 500

_NEWEST = and_(VersionRow.recipe_id == RecipeRow.id, VersionRow.number == RecipeRow.newest)
_WITHOUT = (
    select(RecipeRow.id, VersionRow.number, VersionRow.canonical)
    .join(VersionRow, _NEWEST)
    .outerjoin(FeaturesRow, FeaturesRow.recipe_id == RecipeRow.id)
    .where(
        or_(
            FeaturesRow.recipe_id.is_(None),
            FeaturesRow.version != RecipeRow.newest,
            FeaturesRow.form != FORM,
        )
    )
    .limit(BATCH)
)


async def describe(session: AsyncSession) -> int:
    """Describe recipes whose newest version is not described; returns how many."""
    rows = (await session.execute(_WITHOUT)).all()
    if rows:
        made = insert(FeaturesRow).values(await asyncio.to_thread(_features, rows))
        columns = {each.name: each for each in made.excluded if each.name != "recipe_id"}
        again = made.on_conflict_do_update(index_elements=["recipe_id"], set_=columns)
        await session.execute(again)
    return len(rows)


def _features(rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {"recipe_id": recipe, "version": version, "form": FORM}
        | vars(described(json.loads(canonical)))
        for recipe, version, canonical in rows
    ]


TASKS = (Task("search.describe_recipes", describe, BATCH),)
