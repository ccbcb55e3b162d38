"""Publishing recipes in bulk: checked one by one, stored in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.database import Database
from registry.accounts import service as accounts
from registry.accounts.quotas import exceeded, left
from registry.actor import Actor
from registry.recipes.counts import RECIPES
from registry.recipes.imports import repository
from registry.recipes.imports.batch import Batch
from registry.recipes.imports.checking import Checker, Row
from registry.recipes.imports.schemas import RecipeImportCreate, RecipeImportReport
from registry.recipes.models import RecipeRow
from registry.recipes.names import name_taken
from registry.recipes.writing.repository import add
from registry.recipes.writing.versions import store


async def bring_in(
    database: Database, checker: Checker, writer: Actor, body: RecipeImportCreate
) -> RecipeImportReport:
    """Publish the rows that `checker` finds valid; a dry run does the same and takes it back.

    Raises NoAccount, NotYours and OwnerInvalid.
    """
    async with database.reading() as before:  # so that a refused owner costs no check
        await accounts.writable(before, writer.who, body.owner)
    rows, refused = await checker.check_all(body.recipes)
    with checker.storing():
        return await _store(database, writer, body, rows, Batch(refused))


async def _store(
    database: Database, writer: Actor, body: RecipeImportCreate, rows: Sequence[Row], batch: Batch
) -> RecipeImportReport:
    """Store what is new in the rows, in one transaction."""
    async with database.transaction() as session:
        owner = await accounts.writable(session, writer.who, body.owner)
        await _know(session, owner, {row.wanted.name for row in rows}, batch)
        await _add(session, writer, owner, rows, body, batch)
        for row in rows:
            batch.take(row)
        if batch.versions:
            await store(session, writer, batch.versions)
        report = batch.report(owner, dry_run=body.dry_run)
        if body.dry_run:
            await session.rollback()
    return report


async def _know(session: AsyncSession, owner: str, names: Collection[str], batch: Batch) -> None:
    """Learn which recipes of these names there are, and lock them."""
    known = await repository.locked(session, owner, names)
    batch.know(known)
    for recipe, digest, number in await repository.digests(session, [row.id for row in known]):
        batch.know_version(recipe, digest, number)


async def _add(
    session: AsyncSession,
    writer: Actor,
    owner: str,
    rows: Sequence[Row],
    body: RecipeImportCreate,
    batch: Batch,
) -> None:
    """Add the recipes that there are not, each as its first row describes it."""
    new: dict[str, list[Row]] = {}
    for row in rows:
        if not batch.has(row.wanted.name):
            new.setdefault(row.wanted.name, []).append(row)
    names = list(new)
    room = await left(session, writer, owner, RECIPES) if names else None
    within = names if room is None else names[:room]
    await _insert(session, owner, [_columns(new[name], body) for name in within], batch)
    if len(within) < len(names):
        problem = await exceeded(session, writer, owner, RECIPES)
        for name in names[len(within) :]:
            batch.refuse(name, problem)


async def _insert(
    session: AsyncSession, owner: str, wanted: list[dict[str, Any]], batch: Batch
) -> None:
    """Add recipes; of some names, other requests may just have added them, or they are reserved."""
    wanted.sort(key=lambda each: str(each["name"]))  # so that requests do not wait in a ring
    batch.know(await add(session, owner, wanted))
    if missing := {each["name"] for each in wanted if not batch.has(each["name"])}:
        await _know(session, owner, missing, batch)
        for name in missing:
            if not batch.has(name):
                batch.refuse(name, name_taken(owner, name))


def _columns(rows: Sequence[Row], body: RecipeImportCreate) -> dict[str, Any]:
    """The columns of a recipe with the versions of these rows, described by the first of them."""
    wanted = rows[0].wanted
    return {
        "name": wanted.name,
        "title": wanted.title or wanted.name,
        "description": wanted.description,
        "tags": wanted.tags,
        "domains": wanted.domains,
        "licence": wanted.licence,
        "newest": len({row.checked.digest for row in rows}),
        **RecipeRow.columns_of(body.visibility),
    }
