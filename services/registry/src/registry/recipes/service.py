"""Publishing and reading recipes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.database import Database
from mergehub.kit.identity.tokens import Principal, Viewer
from mergehub.kit.paging.pages import PageRequest
from registry.accounts import service as accounts
from registry.accounts.access import check_may
from registry.accounts.quotas import check_quota, default_limit
from registry.actor import Actor
from registry.recipes import answers, names, repository
from registry.recipes.check import CheckedRecipe
from registry.recipes.counts import RECIPES
from registry.recipes.errors import RecipeArchived, RecipeNotFound
from registry.recipes.models import ForkRow, RecipeRow, VersionRow
from registry.recipes.repository import Pair
from registry.recipes.schemas import Recipe, RecipeCreate, RecipeVersion, Twin, VersionPage
from registry.recipes.writing.first import NewRecipe
from registry.recipes.writing.versions import NewVersion, store

SUGGESTIONS = 3


async def publish(
    session: AsyncSession,
    writer: Actor,
    wanted: RecipeCreate,
    checked: CheckedRecipe,
    origin: VersionRow | None = None,
) -> tuple[Recipe, list[Twin]]:
    """Store a new recipe with its version 1; a fork has the version `origin`.

    Returns the recipe and its first twins.

    Raises:
        NoAccount: the writer has no account.
        NotYours: the owner is an organisation that the writer may not write for.
        OwnerInvalid: the owner is not an account.
        QuotaExceeded: the owner has reached its quota of recipes.
        NameTaken: the owner has a recipe of this name, or had it under this name.
    """
    owner = await accounts.writable(session, writer.who, wanted.owner)
    await check_quota(session, writer, owner, RECIPES)
    new = NewRecipe(writer, owner, _columns(wanted), checked)
    written = await new.store(session)
    if written is None:
        raise names.name_taken(owner, wanted.name)
    recipe = answers.new_recipe(new, written.now)
    if origin is not None:
        recipe = await _forked(session, writer, recipe, origin)
    return recipe, answers.new_twins(written)


async def publish_alone(
    database: Database, writer: Actor, wanted: RecipeCreate, checked: CheckedRecipe
) -> tuple[Recipe, list[Twin]] | None:
    """The same as `publish` in one round trip, without a transaction around it.

    None, and nothing is stored, if that takes more, or if the recipe is refused.
    """
    owner = writer.who.account
    if owner is None or wanted.owner not in (None, owner):
        return None
    if default_limit(writer, owner, RECIPES) is not None:  # there is something to count
        return None
    new = NewRecipe(writer, owner, _columns(wanted), checked)
    written = await new.store_alone(database, RECIPES.name)
    if written is None:
        return None
    return answers.new_recipe(new, written.now), answers.new_twins(written)


async def _forked(
    session: AsyncSession, writer: Actor, recipe: Recipe, origin: VersionRow
) -> Recipe:
    """A new recipe, once it is stored as a fork of a version and counted."""
    session.add(ForkRow(recipe_id=recipe.id, origin_id=origin.recipe_id, version_id=origin.id))
    await repository.count_fork(session, recipe.id, int(recipe.visibility == "public"))
    return await answers.with_origin(session, recipe, writer.who)


async def publish_version(
    session: AsyncSession, writer: Actor, recipe_id: UUID, checked: CheckedRecipe
) -> tuple[RecipeVersion, bool]:
    """Return the next version, and whether it is new: for an equal digest, it is the newest one.

    Raises RecipeNotFound, NotYours and RecipeArchived.
    """
    recipe, newest = await locked(session, writer.who, recipe_id)
    if recipe.archived_at is not None:
        raise RecipeArchived.called(f"{recipe.owner}/{recipe.name}")
    if newest.digest == checked.digest:
        return answers.version_of(newest), False
    recipe.newest += 1
    version = NewVersion(recipe, recipe.newest, checked)
    created_at = await store(session, writer, [version])
    return answers.version_of(VersionRow(**version.columns, created_at=created_at)), True


async def find(session: AsyncSession, recipe_id: UUID, viewer: Viewer) -> Recipe:
    """A recipe by its id. Raises RecipeNotFound."""
    found = await repository.find(session, recipe_id, viewer)
    if found is None:
        raise not_found(recipe_id)
    return await answers.one(session, found, viewer)


async def find_named(session: AsyncSession, owner: str, name: str, viewer: Viewer) -> Recipe:
    """A recipe by its name, or by one that it had before. Raises RecipeNotFound."""
    found = await repository.find_named(session, owner, name, viewer)
    if found is None:
        raise RecipeNotFound(f"There is no recipe {owner}/{name}.")
    return await answers.one(session, found, viewer)


async def identified(session: AsyncSession, recipe_id: UUID, viewer: Viewer) -> tuple[int, Recipe]:
    """The number of a recipe in the catalogue, and the recipe. Raises RecipeNotFound."""
    found = await repository.find(session, recipe_id, viewer)
    if found is None:
        raise not_found(recipe_id)
    return found[0].number, await answers.one(session, found, viewer)


async def held(session: AsyncSession, recipe_id: UUID, viewer: Viewer) -> RecipeRow:
    """A recipe that `viewer` may see, so that its counters can change. Raises RecipeNotFound."""
    row = await repository.hold(session, recipe_id, viewer)
    if row is None:
        raise not_found(recipe_id)
    return row


async def several(session: AsyncSession, ids: Sequence[UUID], viewer: Viewer) -> dict[UUID, Recipe]:
    """Recipes by their ids, as in a list; the caller has checked that `viewer` may see them."""
    pairs = await repository.several(session, ids)
    return {each.id: each for each in await answers.several(session, pairs, viewer)}


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
    await check_readable(session, recipe_id, viewer)
    found = await repository.versions(session, recipe_id, before, asked.rows)
    rows, next_cursor = asked.cut(found, lambda row: (row.number,))
    return VersionPage(items=answers.summaries(rows), next_cursor=next_cursor)


async def version(
    session: AsyncSession, recipe_id: UUID, number: int, viewer: Viewer
) -> RecipeVersion:
    """One version with its text. Raises RecipeNotFound."""
    found = await repository.version(session, recipe_id, number, viewer)
    if found is None:
        raise RecipeNotFound(f"The recipe {recipe_id} has no version {number}.")
    return answers.version_of(found)


async def licence_of(session: AsyncSession, recipe_id: UUID, viewer: Viewer) -> str | None:
    """The licence of a recipe; None if it has none, or if `viewer` may not read it."""
    found = await repository.find(session, recipe_id, viewer)
    return found[0].licence if found else None


async def check_readable(session: AsyncSession, recipe_id: UUID, viewer: Viewer) -> None:
    """Raise RecipeNotFound unless `viewer` may read a recipe."""
    if await repository.find(session, recipe_id, viewer) is None:
        raise not_found(recipe_id)


async def locked(
    session: AsyncSession, writer: Principal, recipe_id: UUID, *, with_origin: bool = False
) -> Pair:
    """A recipe that `writer` may change, locked, also with its origin.

    Raises RecipeNotFound and NotYours.
    """
    found = await repository.lock(session, recipe_id, writer, with_origin=with_origin)
    if found is None:
        raise not_found(recipe_id)
    await check_may(session, writer, found[0].owner)
    return found


def _columns(wanted: RecipeCreate) -> dict[str, Any]:
    columns = wanted.model_dump(exclude={"recipe", "owner", "visibility"})
    columns |= {"title": wanted.title or wanted.name, "newest": 1}
    return columns | RecipeRow.columns_of(wanted.visibility)


def not_found(recipe_id: UUID) -> RecipeNotFound:
    """The problem of a recipe that does not exist, or is private to others."""
    return RecipeNotFound(f"There is no recipe {recipe_id}.")
