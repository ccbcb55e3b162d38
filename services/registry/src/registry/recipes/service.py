"""Publishing recipes and reading them back."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.events import RecipePublished
from mergehub.kit.pagination import decode_cursor, encode_cursor
from mergehub.kit.problems import Conflict, NotFound
from registry.audit.service import audit
from registry.events.models import outbox
from registry.recipes import repository
from registry.recipes.check import CheckedRecipe
from registry.recipes.models import RecipeRow, VersionRow
from registry.recipes.repository import RecipeFilter
from registry.recipes.schemas import (
    Recipe,
    RecipeCreate,
    RecipePage,
    RecipeVersion,
    VersionPage,
    VersionSummary,
)

LOCAL_OWNER = "local"


class NameTaken(Conflict):
    code, title = "recipe-name-taken", "There is a recipe of that name"


class RecipeNotFound(NotFound):
    code, title = "recipe-not-found", "There is no such recipe or version"


async def publish(session: AsyncSession, wanted: RecipeCreate, checked: CheckedRecipe) -> Recipe:
    """Store a new recipe with its version 1.

    Raises:
        NameTaken: the owner has a recipe of that name.
    """
    row = await repository.add(session, LOCAL_OWNER, wanted)
    if row is None:
        raise NameTaken(
            f"{wanted.name!r} is published already: publish a new version of it, "
            "or choose another name."
        )
    await _add_version(session, row, checked)
    return await find(session, row.id)


async def publish_version(
    session: AsyncSession, recipe_id: UUID, checked: CheckedRecipe
) -> tuple[RecipeVersion, bool]:
    """The next version, and whether it is new: the newest one answers for an equal digest."""
    found = await repository.lock(session, recipe_id)
    if found is None:
        raise _not_found(recipe_id)
    recipe, newest = found
    if newest.digest == checked.digest:
        return _version(newest), False
    recipe.newest += 1
    return _version(await _add_version(session, recipe, checked)), True


async def find(session: AsyncSession, recipe_id: UUID) -> Recipe:
    """A recipe by its id. Raises RecipeNotFound."""
    found = await repository.find(session, recipe_id)
    if found is None:
        raise _not_found(recipe_id)
    return _recipe(*found)


async def page(
    session: AsyncSession, wanted: RecipeFilter, cursor: str | None, limit: int
) -> RecipePage:
    """A page of recipes, the newest first."""
    before = tuple(decode_cursor(cursor, datetime, UUID)) if cursor else None
    found = await repository.page(session, wanted, before, limit + 1)
    items = [_recipe(*pair) for pair in found[:limit]]
    more = len(found) > limit
    return RecipePage(
        items=items,
        next_cursor=encode_cursor(items[-1].created_at.isoformat(), items[-1].id) if more else None,
    )


async def versions(
    session: AsyncSession, recipe_id: UUID, cursor: str | None, limit: int
) -> VersionPage:
    """A page of the versions of a recipe, the newest first. Raises RecipeNotFound."""
    before = decode_cursor(cursor, int)[0] if cursor else None
    await find(session, recipe_id)
    found = await repository.versions(session, recipe_id, before, limit + 1)
    items = [VersionSummary.model_validate(row) for row in found[:limit]]
    more = len(found) > limit
    return VersionPage(items=items, next_cursor=encode_cursor(items[-1].number) if more else None)


async def version(session: AsyncSession, recipe_id: UUID, number: int) -> RecipeVersion:
    """One version with its text. Raises RecipeNotFound."""
    found = await repository.version(session, recipe_id, number)
    if found is None:
        raise RecipeNotFound(f"The recipe {recipe_id} has no version {number}.")
    return _version(found)


async def _add_version(
    session: AsyncSession, recipe: RecipeRow, checked: CheckedRecipe
) -> VersionRow:
    row = VersionRow(
        recipe_id=recipe.id,
        number=recipe.newest,
        digest=checked.digest,
        method=checked.method,
        ingredients=[str(each) for each in checked.ingredients],
        source=checked.source,
        canonical=checked.canonical,
    )
    session.add(row)
    await session.flush()
    data = RecipePublished(
        recipe=recipe.id, version=row.id, number=row.number, name=recipe.name, digest=row.digest
    )
    await outbox.emit(session, "recipe.published", f"recipes/{recipe.id}", data)
    await audit(session, "recipe.published", f"recipes/{recipe.id}/versions/{row.number}")
    return row


def _recipe(recipe: RecipeRow, newest: VersionRow) -> Recipe:
    columns = {name: getattr(recipe, name) for name in Recipe.model_fields if name != "version"}
    return Recipe(**columns, version=VersionSummary.model_validate(newest))


def _version(row: VersionRow) -> RecipeVersion:
    columns = {name: getattr(row, name) for name in RecipeVersion.model_fields}
    return RecipeVersion(**columns | {"canonical": json.loads(row.canonical)})


def _not_found(recipe_id: UUID) -> RecipeNotFound:
    return RecipeNotFound(f"There is no recipe {recipe_id}.")
