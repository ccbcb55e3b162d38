"""Sending the events of comments on a recipe that becomes public."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from registry.events.models import release
from registry.events.tables import OutboxRow
from registry.recipes.models import RecipeRow


async def follow(session: AsyncSession, recipe: RecipeRow) -> None:
    """Release what was held back, if `recipe`, which is locked, has just become public."""
    if recipe.visibility == "public":
        about_it = OutboxRow.data["recipe"].astext == str(recipe.id)
        await release(session, recipe.owner, OutboxRow.type == "recipe.commented", about_it)
