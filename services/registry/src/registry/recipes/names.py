"""The former names of recipes, which still lead to them and are reserved for them.

A name goes from one recipe to another only by way of the unique index of the present names. So a
transaction that has taken a name sees all former names that could contradict it: in its next
statement, or by the function `refuse_former_name`, as publishing does.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from registry.recipes.errors import NameTaken, TooManyNames
from registry.recipes.models import FormerNameRow, RecipeRow

MOST_FORMER = 50


async def check_not_former(session: AsyncSession, recipe: RecipeRow) -> None:
    """Raise NameTaken if the name that `recipe` has just taken was another one's before."""
    other = await session.get(FormerNameRow, (recipe.owner, recipe.name))
    if other is not None and other.recipe_id != recipe.id:
        raise name_taken(recipe.owner, recipe.name)


async def rename(session: AsyncSession, recipe: RecipeRow, name: str) -> None:
    """Give a locked recipe another name, and keep the one that it had.

    Raises NameTaken and TooManyNames.
    """
    owner, before = recipe.owner, recipe.name
    recipe.name = name
    try:
        await session.flush()
    except IntegrityError:
        raise name_taken(owner, name) from None
    await check_not_former(session, recipe)
    taken_back = FormerNameRow.owner == owner, FormerNameRow.name == name
    await session.execute(delete(FormerNameRow).where(*taken_back))
    kept = insert(FormerNameRow).values(owner=owner, name=before, recipe_id=recipe.id)
    # The release before does not know former names, and may have given this one away.
    is_now = {"recipe_id": kept.excluded.recipe_id}
    await session.execute(kept.on_conflict_do_update(index_elements=["owner", "name"], set_=is_now))
    await _check_count(session, recipe.id)


def name_taken(owner: str, name: str) -> NameTaken:
    """The problem of a name that another recipe of the owner has, or had."""
    return NameTaken(
        f"{owner} has a recipe {name!r}, or one that was once called so. Publish a new version of "
        "it, or choose another name."
    )


async def _check_count(session: AsyncSession, recipe_id: UUID) -> None:
    count = select(func.count()).where(FormerNameRow.recipe_id == recipe_id)
    if (await session.scalar(count) or 0) > MOST_FORMER:
        raise TooManyNames(f"It has {MOST_FORMER} former names already.")
