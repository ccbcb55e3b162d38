"""Publishing and reading recipes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.events import RecipePublished
from mergehub.kit.entity_tags import etag_of
from mergehub.kit.identity.tokens import Principal, Viewer
from mergehub.kit.paging.pages import PageRequest
from mergehub.kit.problems.problem import Conflict, NotFound
from registry.accounts import service as accounts
from registry.accounts.access import check_may
from registry.accounts.quotas import check_quota
from registry.actor import Actor
from registry.audit.actions import Action
from registry.audit.service import audit
from registry.changes import noted
from registry.events.models import outbox
from registry.recipes import repository
from registry.recipes.check import CheckedRecipe
from registry.recipes.counts import RECIPES
from registry.recipes.models import RecipeRow, VersionRow
from registry.recipes.schemas import (
    COUNTERS,
    Recipe,
    RecipeCreate,
    RecipeUpdate,
    RecipeVersion,
    VersionPage,
    VersionSummary,
)
from registry.recipes.visibility import Follower, spread

SUGGESTIONS = 3
_MADE: dict[str, Action] = {
    "private": "recipe.made-private",
    "public": "recipe.made-public",
}
LONGEST_DESCRIPTION = 300  # in a list


class NameTaken(Conflict):
    """The owner already has a recipe of this name."""

    code, title = "recipe-name-taken", "The recipe name is taken"
    remedy = "Publish a version with `POST /v1/recipes/{id}/versions`, or choose another name."


class RecipeNotFound(NotFound):
    """No recipe has this id, or no version this number, or the recipe is private to others."""

    code, title = "recipe-not-found", "Recipe or version not found"
    remedy = "Find the recipe with `GET /v1/recipes?name=…`; its versions are listed under its id."


async def publish(
    session: AsyncSession, writer: Actor, wanted: RecipeCreate, checked: CheckedRecipe
) -> Recipe:
    """Store a new recipe with its version 1.

    Raises:
        NoAccount: the writer has no account.
        NotYours: the owner is an organisation that the writer may not write for.
        OwnerInvalid: the owner is not an account.
        QuotaExceeded: the owner has reached its quota of recipes.
        NameTaken: the owner has a recipe of this name.
    """
    owner = await accounts.writable(session, writer.who, wanted.owner)
    await check_quota(session, writer, owner, RECIPES)
    row = await repository.add(session, owner, wanted)
    if row is None:
        raise NameTaken(
            f"{owner} already has a recipe {wanted.name!r}. Publish a new version of it, "
            "or choose another name."
        )
    await _add_version(session, writer, row, checked)
    return await find(session, row.id, writer.who)


async def publish_version(
    session: AsyncSession, writer: Actor, recipe_id: UUID, checked: CheckedRecipe
) -> tuple[RecipeVersion, bool]:
    """Return the next version, and whether it is new: for an equal digest, it is the newest one.

    Raises RecipeNotFound and NotYours.
    """
    recipe, newest = await _locked(session, writer.who, recipe_id)
    if newest.digest == checked.digest:
        return _version(newest), False
    recipe.newest += 1
    return _version(await _add_version(session, writer, recipe, checked)), True


async def update(
    session: AsyncSession,
    writer: Actor,
    recipe_id: UUID,
    wanted: RecipeUpdate,
    check: Callable[[str], None],
    followers: Sequence[Follower],
) -> Recipe:
    """Change a recipe's description or visibility; `followers` follow its visibility.

    `check` gets the tag of the locked state. Raises RecipeNotFound, NotYours, and what `check`
    raises.
    """
    row, newest = await _locked(session, writer.who, recipe_id)
    check(etag_of(_recipe(row, newest), COUNTERS))
    before = row.visibility
    for name, value in wanted.model_dump(exclude_none=True).items():
        setattr(row, name, value)
    await noted(session, recipe_id)
    await audit(session, writer, "recipe.changed", f"recipes/{recipe_id}")
    if row.visibility != before:
        await spread(session, row, followers)
        await audit(session, writer, _MADE[row.visibility], f"recipes/{recipe_id}")
    return _recipe(row, newest)


async def find(session: AsyncSession, recipe_id: UUID, viewer: Viewer) -> Recipe:
    """A recipe by its id. Raises RecipeNotFound."""
    found = await repository.find(session, recipe_id, viewer)
    if found is None:
        raise _not_found(recipe_id)
    return _recipe(*found)


async def identified(session: AsyncSession, recipe_id: UUID, viewer: Viewer) -> tuple[int, Recipe]:
    """The number of a recipe in the catalogue, and the recipe. Raises RecipeNotFound."""
    found = await repository.find(session, recipe_id, viewer)
    if found is None:
        raise _not_found(recipe_id)
    return found[0].number, _recipe(*found)


async def held(session: AsyncSession, recipe_id: UUID, viewer: Viewer) -> RecipeRow:
    """A recipe that `viewer` may see, so that its counters can change. Raises RecipeNotFound."""
    row = await repository.hold(session, recipe_id, viewer)
    if row is None:
        raise _not_found(recipe_id)
    return row


async def several(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Recipe]:
    """Recipes by their ids, as in a list; the caller has checked who may see them."""
    pairs = await repository.several(session, ids)
    return {recipe.id: _in_short(_recipe(recipe, newest)) for recipe, newest in pairs}


async def numbered(
    session: AsyncSession, numbers: Sequence[int], viewer: Viewer
) -> dict[int, Recipe]:
    """Those of the recipes with these numbers that `viewer` may see, in this order and in short."""
    found = await repository.numbered(session, numbers, viewer)
    shown = {recipe.number: _in_short(_recipe(recipe, newest)) for recipe, newest in found}
    return {number: shown[number] for number in numbers if number in shown}


async def near(session: AsyncSession, wanted: str, owner: str | None, viewer: Viewer) -> list[str]:
    """Recipes that `viewer` may see and whose names resemble the wanted one, as `owner/name`."""
    name = f"{owner}/{wanted}" if owner else wanted
    known = await repository.names_like(session, wanted, viewer)
    asked = {f"{whose}/{each}": f"{whose}/{each}" if owner else each for whose, each in known}
    close = await asyncio.to_thread(get_close_matches, name, set(asked.values()))
    return [full for word in close for full, each in asked.items() if each == word][:SUGGESTIONS]


async def versions(
    session: AsyncSession, recipe_id: UUID, viewer: Viewer, asked: PageRequest
) -> VersionPage:
    """A page of the versions of a recipe, newest first. Raises RecipeNotFound."""
    before = asked.after(int)
    await find(session, recipe_id, viewer)
    found = await repository.versions(session, recipe_id, before, asked.rows)
    rows, next_cursor = asked.cut(found, lambda row: (row.number,))
    items = [VersionSummary.model_validate(row) for row in rows]
    return VersionPage(items=items, next_cursor=next_cursor)


async def version(
    session: AsyncSession, recipe_id: UUID, number: int, viewer: Viewer
) -> RecipeVersion:
    """One version with its text. Raises RecipeNotFound."""
    found = await repository.version(session, recipe_id, number, viewer)
    if found is None:
        raise RecipeNotFound(f"The recipe {recipe_id} has no version {number}.")
    return _version(found)


async def _locked(
    session: AsyncSession, writer: Principal, recipe_id: UUID
) -> tuple[RecipeRow, VersionRow]:
    """A recipe that `writer` may change, locked. Raises RecipeNotFound and NotYours."""
    found = await repository.lock(session, recipe_id, writer)
    if found is None:
        raise _not_found(recipe_id)
    await check_may(session, writer, found[0].owner)
    return found


async def _add_version(
    session: AsyncSession, writer: Actor, recipe: RecipeRow, checked: CheckedRecipe
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
    await noted(session, recipe.id)
    data = RecipePublished(
        recipe=recipe.id, version=row.id, number=row.number, name=recipe.name, digest=row.digest
    )
    subject = f"recipes/{recipe.id}"
    await outbox.emit(session, "recipe.published", subject, data, recipe.private_to)
    await audit(session, writer, "recipe.published", f"recipes/{recipe.id}/versions/{row.number}")
    return row


def _recipe(recipe: RecipeRow, newest: VersionRow) -> Recipe:
    columns = {name: getattr(recipe, name) for name in Recipe.model_fields if name != "version"}
    return Recipe(**columns, version=VersionSummary.model_validate(newest))


def _in_short(recipe: Recipe) -> Recipe:
    return recipe.model_copy(update={"description": recipe.description[:LONGEST_DESCRIPTION]})


def _version(row: VersionRow) -> RecipeVersion:
    columns = {name: getattr(row, name) for name in RecipeVersion.model_fields}
    return RecipeVersion(**columns | {"canonical": json.loads(row.canonical)})


def _not_found(recipe_id: UUID) -> RecipeNotFound:
    return RecipeNotFound(f"There is no recipe {recipe_id}.")
