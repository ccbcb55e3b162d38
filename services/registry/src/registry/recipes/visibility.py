"""What follows when a recipe becomes private, or public."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from registry.events.models import release
from registry.events.tables import OutboxRow
from registry.recipes.models import RecipeRow

Follower = Callable[[AsyncSession, RecipeRow], Awaitable[None]]
"""Lets what was made of a recipe follow it, in the transaction that changes its visibility."""


async def spread(session: AsyncSession, recipe: RecipeRow, followers: Sequence[Follower]) -> None:
    """Let everything follow `recipe`, which is locked and has just changed.

    Events that were kept back are told once nothing that they speak of is private any more; what
    was told cannot be taken back.
    """
    for follow in followers:
        await follow(session, recipe)
    if recipe.visibility == "public":
        about_it = OutboxRow.data["recipe"].astext == str(recipe.id)
        await release(session, recipe.owner, OutboxRow.type == "recipe.published", about_it)
