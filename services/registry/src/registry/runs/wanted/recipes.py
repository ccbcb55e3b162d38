"""The recipe that a request for a run names: as a text, or as a published version."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.names import UNWRITTEN
from mergehub.kit.identity.tokens import Principal
from registry.recipes import repository as recipes
from registry.recipes.check import CheckedRecipe, check
from registry.runs.handler import invalid
from registry.runs.naming.resolve import Products, resolve
from registry.runs.sources import Sources


class WantsRecipe(Protocol):
    """A request that may name a recipe in either way."""

    @property
    def recipe(self) -> str | None: ...
    @property
    def recipe_version(self) -> UUID | None: ...


async def wanted_recipe(
    session: AsyncSession, submitter: Principal, wanted: WantsRecipe, sources: Sources
) -> tuple[CheckedRecipe, str, Products]:
    """The recipe, its digest (the published one for a version), and the products that it names.

    Exactly one of the two fields is given. Raises RecipeInvalid, and what `resolve` raises.
    """
    pointer = "/recipe" if wanted.recipe is not None else "/recipe_version"
    checked, digest = await _checked(session, submitter, wanted, sources)
    products = await resolve(session, submitter, checked.references, pointer)
    sources.names = {each.model.lower() for each in checked.references}
    return checked, digest, products


async def _checked(
    session: AsyncSession, submitter: Principal, wanted: WantsRecipe, sources: Sources
) -> tuple[CheckedRecipe, str]:
    if wanted.recipe is not None:
        checked = await check(wanted.recipe)
        return checked, checked.digest
    assert wanted.recipe_version is not None
    found = await recipes.version_by_id(session, wanted.recipe_version, submitter)
    if found is None:
        raise invalid(
            "/recipe_version",
            "unknown-version",
            f"There is no recipe version {wanted.recipe_version}. Give a version's id.",
            "the id of a version, which a recipe has as `version.id`, not the recipe's own id",
        )
    recipe, version = found
    sources.recipe = recipe.id
    sources.recipes.add(recipe.id)
    # It was valid when it was published, but the recipe language may have changed since.
    return await check(version.source, "/recipe_version"), version.digest


def unwritten(digest: str) -> str:
    """What a merge is called that no run has written: by the beginning of its recipe's digest."""
    return UNWRITTEN + digest.removeprefix("sha256:")[:12]
