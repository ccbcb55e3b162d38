"""The rule of deletion: what others can see of a recipe's offspring keeps its origin.

What the caller may not see keeps no recipe: a refusal would reveal it. A private fork has a text of
its own and loses only its reference; a private run has the text in its spec.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.identity.tokens import Viewer
from registry.actor import Actor
from registry.audit.service import audit
from registry.changes import noted
from registry.recipes.deletion import repository
from registry.recipes.errors import RecipeNeeded
from registry.recipes.models import RecipeRow
from registry.recipes.repository import count_fork
from registry.recipes.service import locked

NAMED = 3
"""How many forks or models a refusal names."""

Need = Callable[[AsyncSession, RecipeRow, Viewer], Awaitable[list[str]]]
"""Says what of one kind that the viewer may see came from a recipe, such as "2 runs"."""


async def delete(
    session: AsyncSession, writer: Actor, recipe_id: UUID, needs: Sequence[Need]
) -> None:
    """Delete a recipe. Raises RecipeNotFound, NotYours and RecipeNeeded."""
    recipe, _ = await locked(session, writer.who, recipe_id, with_origin=True)
    found = [each for need in needs for each in await need(session, recipe, writer.who)]
    found += await _forks(session, recipe, writer.who)
    if found:
        came = " and ".join([*filter(None, [", ".join(found[:-1])]), found[-1]])
        name = f"{recipe.owner}/{recipe.name}"
        raise RecipeNeeded(f"{name} is the origin of {came}. Archive it instead.")
    await count_fork(session, recipe.id, -int(recipe.counts_as_fork))
    await noted(session, recipe_id)
    await repository.delete_all(session, recipe_id)
    await audit(session, writer, "recipe.deleted", f"recipes/{recipe_id}")


async def _forks(session: AsyncSession, recipe: RecipeRow, viewer: Viewer) -> list[str]:
    names, count = await repository.forks(session, recipe.id, viewer, NAMED)
    return [some("fork", count, names)] if count else []


def some(what: str, count: int, names: Sequence[str] = ()) -> str:
    """A number of things, with the first of their names."""
    more = [f"{count - len(names)} more"] if names and count > len(names) else []
    listed = f" ({', '.join([*names, *more])})" if names else ""
    return f"{count} {what}{'' if count == 1 else 's'}{listed}"
