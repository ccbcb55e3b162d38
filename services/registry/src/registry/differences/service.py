"""Comparing two versions that the viewer may see."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.identity.tokens import Viewer
from mergehub.recipe.difference import Difference, between
from mergehub.recipe.difference.words import path
from registry.differences.schemas import (
    ComparedVersion,
    DifferencePlace,
    RecipeDifference,
    VersionComparison,
)
from registry.recipes.errors import RecipeNotFound
from registry.recipes.models import RecipeRow, VersionRow
from registry.recipes.repository import version_by_id

MOST = 1_000

Pair = tuple[RecipeRow, VersionRow]


async def compare(session: AsyncSession, old: UUID, new: UUID, viewer: Viewer) -> VersionComparison:
    """How the version `new` differs from `old`. Raises RecipeNotFound."""
    sides = [await _found(session, each, viewer) for each in (old, new)]
    texts = [version.canonical for _, version in sides]
    found = await asyncio.to_thread(_between, *texts)
    return VersionComparison(
        old=_version(sides[0]),
        new=_version(sides[1]),
        total=len(found),
        differences=[_difference(each) for each in found[:MOST]],
    )


async def _found(session: AsyncSession, version: UUID, viewer: Viewer) -> Pair:
    found = await version_by_id(session, version, viewer)
    if found is None:
        raise RecipeNotFound(f"There is no version {version} of a recipe.")
    return found


def _between(old: str, new: str) -> list[Difference]:
    return between(json.loads(old), json.loads(new))


def _version(pair: Pair) -> ComparedVersion:
    recipe, version = pair
    columns = {name: getattr(version, name) for name in ("id", "number", "digest", "method")}
    return ComparedVersion(recipe_id=recipe.id, owner=recipe.owner, name=recipe.name, **columns)


def _difference(found: Difference) -> RecipeDifference:
    columns = {name: getattr(found, name) for name in ("what", "change", "name", "filter")}
    places = [DifferencePlace(**asdict(each)) for each in found.places]
    return RecipeDifference(
        **columns,
        path=path(found),
        places=places,
        everywhere=found.everywhere,
        old=found.old,
        new=found.new,
    )
