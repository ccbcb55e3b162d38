"""Forking recipes, and listing the forks of one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.identity.tokens import Viewer
from mergehub.kit.paging.pages import PageRequest
from registry.actor import Actor
from registry.audit.service import audit
from registry.recipes import answers
from registry.recipes import repository as recipe_rows
from registry.recipes import service as recipes
from registry.recipes.check import CheckedRecipe
from registry.recipes.forks.schemas import ForkCreate, ForkPage
from registry.recipes.models import RecipeRow, VersionRow
from registry.recipes.schemas import Recipe, RecipeCreate, Twin

TAKEN_OVER = ("title", "description", "tags", "domains", "licence")


async def wanted_from(
    session: AsyncSession, recipe_id: UUID, wanted: ForkCreate, viewer: Viewer
) -> tuple[str, str | None] | None:
    """The text and the licence that the fork will have; None if `viewer` may not read them."""
    found = await recipe_rows.find(session, recipe_id, viewer)
    if found is None:
        return None
    recipe, newest = found
    number = wanted.version or newest.number
    version = await recipe_rows.version(session, recipe_id, number, viewer)
    return None if version is None else (version.source, wanted.licence or recipe.licence)


async def fork(
    session: AsyncSession,
    writer: Actor,
    recipe_id: UUID,
    wanted: ForkCreate,
    checked: CheckedRecipe,
) -> tuple[Recipe, list[Twin]]:
    """Publish the version `checked` of a recipe as a new one, which keeps where it came from.

    Returns the recipe and its first twins. Raises RecipeNotFound, and what publishing raises.
    """
    found = await recipe_rows.lock(session, recipe_id, writer.who)  # so that it is not deleted
    origin, version = found or (None, None)
    if wanted.version is not None:
        version = await recipe_rows.version(session, recipe_id, wanted.version, writer.who)
    if origin is None or version is None:
        raise recipes.not_found(recipe_id)
    create = _create(origin, version, wanted)
    made, twins = await recipes.publish(session, writer, create, checked, version)
    await audit(session, writer, "recipe.forked", f"recipes/{made.id}")
    return made, twins


async def page(
    session: AsyncSession, recipe_id: UUID, viewer: Viewer, asked: PageRequest
) -> ForkPage:
    """A page of the forks of a recipe, newest first. Raises RecipeNotFound."""
    before = asked.after(datetime, UUID)
    await recipes.check_readable(session, recipe_id, viewer)
    found = await recipe_rows.forks(session, recipe_id, viewer, before, asked.rows)
    pairs, next_cursor = asked.cut(found, lambda pair: (pair[0].created_at, pair[0].id))
    items = await answers.several(session, pairs, viewer)
    return ForkPage(items=items, next_cursor=next_cursor)


def _create(origin: RecipeRow, version: VersionRow, wanted: ForkCreate) -> RecipeCreate:
    fields = {name: getattr(origin, name) for name in (*TAKEN_OVER, "name")}
    fields["visibility"] = origin.seen_as
    given = wanted.model_dump(exclude={"version"}, exclude_none=True)
    return RecipeCreate.model_validate(fields | given | {"recipe": version.source})
