"""Keeps the features of recipes, so that a start need not read all texts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.constant import Constant
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


_KEEP = Constant("""
INSERT INTO recipe_features (recipe_id, version, form, methods, base, ingredients, parameters,
  count, shape)
SELECT recipe_id, version, form, methods, base, ingredients, parameters, count, shape
FROM json_populate_recordset(CAST(NULL AS recipe_features), CAST(CAST(:rows AS text) AS json))
ON CONFLICT (recipe_id) DO UPDATE SET version = excluded.version, form = excluded.form,
  methods = excluded.methods, base = excluded.base, ingredients = excluded.ingredients,
  parameters = excluded.parameters, count = excluded.count, shape = excluded.shape
""")


async def describe(session: AsyncSession) -> int:
    """Describe recipes whose newest version is not described; returns how many."""
    rows = (await session.execute(_WITHOUT)).all()
    if rows:
        await _KEEP(session, {"rows": await asyncio.to_thread(_features, rows)})
    return len(rows)


def _features(rows: Sequence[Any]) -> str:
    """The rows as JSON."""
    return json.dumps(
        [
            {"recipe_id": str(recipe), "version": version, "form": FORM}
            | vars(described(json.loads(canonical)))
            for recipe, version, canonical in rows
        ]
    )


TASKS = (Task("search.describe_recipes", describe, BATCH),)
