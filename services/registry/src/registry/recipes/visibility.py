"""Making dependent objects follow a recipe that becomes private or public."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from registry.events.models import release
from registry.events.tables import OutboxRow
from registry.recipes.models import RecipeRow

Follower = Callable[[AsyncSession, RecipeRow], Awaitable[None]]
"""Makes one kind of dependent follow a recipe, in the transaction that changes its visibility."""


async def spread(session: AsyncSession, recipe: RecipeRow, followers: Sequence[Follower]) -> None:
    """Make everything follow `recipe`, which is locked and has just changed.

    Events that were held back are sent once nothing that they mention is private any more. Events
    that were sent cannot be taken back.
    """
    for follow in followers:
        await follow(session, recipe)
    if recipe.visibility == "public":
        about_it = OutboxRow.data["recipe"].astext == str(recipe.id)
        await release(session, recipe.owner, OutboxRow.type == "recipe.published", about_it)
