"""Recipes and versions as answers show them to one viewer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.database import AnyRow
from mergehub.kit.database.together import Written
from mergehub.kit.identity.tokens import Viewer
from registry.recipes import repository
from registry.recipes.models import RecipeRow, VersionRow
from registry.recipes.repository import Pair
from registry.recipes.schemas import (
    Recipe,
    RecipeVersion,
    Twin,
    VersionReference,
    VersionSummary,
)
from registry.recipes.writing.first import NewRecipe

LONGEST_DESCRIPTION = 300  # in a list

GIVEN = ("id", "owner", "name", "title", "description", "tags", "domains", "licence")
COLUMNS = Recipe.model_fields.keys() - {"version", "visibility", "forked_from"}


async def one(session: AsyncSession, pair: Pair, viewer: Viewer) -> Recipe:
    """A recipe in full."""
    (recipe,) = await _recipes(session, [pair], viewer)
    return recipe


async def several(session: AsyncSession, pairs: Sequence[Pair], viewer: Viewer) -> list[Recipe]:
    """Recipes in a list, each with the beginning of its description."""
    found = await _recipes(session, pairs, viewer)
    return [
        each.model_copy(update={"description": each.description[:LONGEST_DESCRIPTION]})
        for each in found
    ]


async def _recipes(session: AsyncSession, pairs: Sequence[Pair], viewer: Viewer) -> list[Recipe]:
    origins = await repository.origins(session, [recipe.id for recipe, _ in pairs], viewer)
    return [recipe_of(recipe, newest, origins.get(recipe.id)) for recipe, newest in pairs]


async def with_origin(session: AsyncSession, recipe: Recipe, viewer: Viewer) -> Recipe:
    """A new recipe with what it was forked from, as far as the viewer may know it."""
    origin = (await repository.origins(session, [recipe.id], viewer)).get(recipe.id)
    known = VersionReference(**reference(*origin)) if origin else None
    return recipe.model_copy(update={"forked_from": known})


def recipe_of(recipe: RecipeRow, newest: VersionRow, origin: Pair | None = None) -> Recipe:
    """A recipe in full, with what it was forked from as far as the viewer may know it."""
    columns = {name: getattr(recipe, name) for name in COLUMNS}
    return Recipe(
        **columns,
        visibility=recipe.seen_as,
        forked_from=VersionReference(**reference(*origin)) if origin else None,
        version=VersionSummary.model_validate(newest),
    )


def new_recipe(new: NewRecipe, created_at: datetime) -> Recipe:
    """A recipe in full that was just added, and not forked."""
    columns, version = new.columns, new.version
    return Recipe(
        **{name: columns[name] for name in GIVEN},
        visibility=RecipeRow.seen(columns["visibility"], columns["unlisted"]),
        stars=0,
        comments=0,
        forks=0,
        reproductions=0,
        forked_from=None,
        archived_at=None,
        created_at=created_at,
        version=VersionSummary(
            id=version.id,
            number=version.number,
            digest=version.checked.digest,
            method=version.checked.method,
            created_at=created_at,
        ),
    )


def reference(recipe: RecipeRow, version: VersionRow) -> dict[str, Any]:
    """The fields of a reference to a version."""
    return {
        "recipe": recipe.id,
        "version": version.id,
        "number": version.number,
        "owner": recipe.owner,
        "name": recipe.name,
    }


def version_of(row: VersionRow) -> RecipeVersion:
    """A version with its text."""
    columns = {name: getattr(row, name) for name in RecipeVersion.model_fields}
    return RecipeVersion(**columns | {"canonical": json.loads(row.canonical)})


def twins(rows: Iterable[AnyRow]) -> list[Twin]:
    """The twins of a version, from the rows of a query for them."""
    names = tuple(Twin.model_fields)
    return [Twin(**{name: getattr(row, name) for name in names}) for row in rows]


def new_twins(written: Written) -> list[Twin]:
    """The twins of a recipe that was just added, which come as JSON."""
    return [Twin(**each | {"created_at": _utc(each["created_at"])}) for each in written.twins or ()]


def _utc(written: str) -> datetime:
    """A time that PostgreSQL wrote in its own time zone."""
    return datetime.fromisoformat(written).astimezone(UTC)


def summaries(rows: Iterable[VersionRow]) -> list[VersionSummary]:
    """Versions in a list."""
    return [VersionSummary.model_validate(row) for row in rows]
