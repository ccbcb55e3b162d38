"""Recipes as files: one version, or all that everyone may see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.database import Database
from mergehub.kit.identity.tokens import Viewer
from registry.recipes import repository as recipes
from registry.recipes.errors import RecipeNotFound
from registry.recipes.exports import json_lines, repository
from registry.recipes.exports.formats import FORMATS, FormatName
from registry.recipes.exports.records import Record
from registry.recipes.exports.repository import Place

TOGETHER = 100
"""The versions that are in memory at a time, each of which may have a long text."""


async def one(
    session: AsyncSession,
    recipe_id: UUID,
    number: int,
    viewer: Viewer,
    form: FormatName,
    address: str,
) -> tuple[str, str]:
    """The name of a file, and its text. Raises RecipeNotFound."""
    found = await repository.one(session, recipe_id, number, viewer)
    if found is None:
        raise RecipeNotFound(f"The recipe {recipe_id} has no version {number}.")
    recipe, version = found
    origins = await recipes.origins(session, [recipe.id], viewer)
    record = Record(recipe, version, origins.get(recipe.id), address)
    text = await asyncio.to_thread(FORMATS[form].write, record)
    return f"{recipe.name}.{FORMATS[form].suffix}", text


async def everything(
    database: Database, owner: str | None, after: Place | None, address: str
) -> AsyncIterator[str]:
    """The lines of all versions that lists show to everyone, some at a time."""
    while True:
        async with database.reading() as session:
            pairs = await repository.page(session, owner, after, TOGETHER)
            ids = [recipe.id for recipe, _ in pairs]
            origins = await recipes.origins(session, ids, None)
        if not pairs:
            return
        last = pairs[-1]
        after = last[0].id, last[1].number
        records = [Record(*pair, origins.get(pair[0].id), address) for pair in pairs]
        yield "".join(map(json_lines.write, records))
