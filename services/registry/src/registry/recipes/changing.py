"""Changing a recipe: its description, name and licence, who sees it, and whether it is archived."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.database import now
from mergehub.kit.entity_tags import etag_of
from registry.actor import Actor
from registry.audit.actions import Action
from registry.audit.service import audit
from registry.changes import noted
from registry.recipes import answers, names, repository
from registry.recipes.models import RecipeRow
from registry.recipes.schemas import COUNTERS, Recipe, RecipeUpdate
from registry.recipes.service import locked
from registry.recipes.visibility import Follower, spread

MADE: dict[str, Action] = {
    "private": "recipe.made-private",
    "public": "recipe.made-public",
    "unlisted": "recipe.made-unlisted",
}
PLAIN = ("title", "description", "tags", "domains")


async def update(
    session: AsyncSession,
    writer: Actor,
    recipe_id: UUID,
    wanted: RecipeUpdate,
    check: Callable[[str], None],
    followers: Sequence[Follower],
) -> Recipe:
    """Change a recipe; `followers` follow its visibility.

    `check` gets the tag of the locked state. Raises RecipeNotFound, NotYours, NameTaken,
    TooManyNames, and what `check` raises.
    """
    counted = wanted.visibility is not None or wanted.archived is not None
    pair = await locked(session, writer.who, recipe_id, with_origin=counted)
    row, _ = pair
    check(etag_of(await answers.one(session, pair, writer.who), COUNTERS))
    did: list[Action] = ["recipe.changed"]
    did += await _renamed(session, row, wanted)
    _describe(row, wanted)
    did += await _show(session, row, wanted, followers)
    await noted(session, recipe_id)
    for action in did:
        await audit(session, writer, action, f"recipes/{recipe_id}")
    return await answers.one(session, pair, writer.who)


def _describe(row: RecipeRow, wanted: RecipeUpdate) -> None:
    for name in PLAIN:
        if (value := getattr(wanted, name)) is not None:
            setattr(row, name, value)
    if "licence" in wanted.model_fields_set:
        row.licence = wanted.licence


async def _renamed(session: AsyncSession, row: RecipeRow, wanted: RecipeUpdate) -> list[Action]:
    if wanted.name is None or wanted.name == row.name:
        return []
    await names.rename(session, row, wanted.name)
    return ["recipe.renamed"]


async def _show(
    session: AsyncSession, row: RecipeRow, wanted: RecipeUpdate, followers: Sequence[Follower]
) -> list[Action]:
    """Change who sees it, and whether lists show it; its origin's count of forks follows."""
    counted = row.counts_as_fork
    did = await _archive(session, row, wanted.archived)
    if wanted.visibility is not None and wanted.visibility != row.seen_as:
        for column, value in RecipeRow.columns_of(wanted.visibility).items():
            setattr(row, column, value)
        await session.flush()
        await spread(session, row, followers)
        did.append(MADE[wanted.visibility])
    await repository.count_fork(session, row.id, int(row.counts_as_fork) - int(counted))
    return did


async def _archive(session: AsyncSession, row: RecipeRow, archived: bool | None) -> list[Action]:
    if archived is None or archived == (row.archived_at is not None):
        return []
    row.archived_at = await now(session) if archived else None
    return ["recipe.archived" if archived else "recipe.unarchived"]
