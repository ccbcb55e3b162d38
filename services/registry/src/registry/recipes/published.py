"""The answers to publishing: what was published, the warnings of the check, and its twins."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.identity.tokens import Principal
from registry.recipes.beside_lineage.advised import Advised
from registry.recipes.schemas import (
    PublishedRecipe,
    PublishedVersion,
    Recipe,
    RecipeVersion,
    Twin,
    Warnings,
)
from registry.recipes.twins import service as twins


def published(recipe: Recipe, same: list[Twin], advised: Advised) -> PublishedRecipe:
    """The answer about a new recipe, with its first twins."""
    return PublishedRecipe(**vars(recipe), **warnings(advised), twins=same)


async def published_version(
    session: AsyncSession, writer: Principal, version: RecipeVersion, advised: Advised
) -> PublishedVersion:
    """The answer about a new version."""
    same = await twins.first(session, version.digest, writer, beside=version.recipe_id)
    return PublishedVersion(**dict(version), **warnings(advised), twins=same)


def warnings(advised: Advised) -> dict[str, Any]:
    """The fields of `Warnings`."""
    return {name: getattr(advised, name) for name in Warnings.model_fields}
