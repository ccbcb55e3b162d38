"""Stores the new versions of an import, and reports each as publishing one does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.events import RecipePublished
from registry.actor import Actor
from registry.audit.service import audit_all
from registry.changes import noted
from registry.events.models import outbox
from registry.recipes.imports import repository
from registry.recipes.imports.batch import Batch, NewVersion


async def write(session: AsyncSession, writer: Actor, batch: Batch) -> None:
    """Store the versions with their events and audit, in the transaction of `session`."""
    versions = batch.versions
    if not versions:
        return
    await session.flush()
    await repository.add_versions(session, [_columns(each) for each in versions])
    await noted(session, *{each.recipe.id for each in versions})
    await _emit(session, versions)
    subjects = (f"recipes/{each.recipe.id}/versions/{each.number}" for each in versions)
    await audit_all(session, writer, "recipe.published", subjects)


async def _emit(session: AsyncSession, versions: Sequence[NewVersion]) -> None:
    for private_to in {each.recipe.private_to for each in versions}:
        events = [_event(each) for each in versions if each.recipe.private_to == private_to]
        await outbox.emit_all(session, "recipe.published", events, private_to)


def _event(version: NewVersion) -> tuple[str, RecipePublished]:
    recipe = version.recipe
    data = RecipePublished(
        recipe=recipe.id,
        version=version.id,
        number=version.number,
        name=recipe.name,
        digest=version.row.checked.digest,
    )
    return f"recipes/{recipe.id}", data


def _columns(version: NewVersion) -> dict[str, Any]:
    checked = version.row.checked
    return {
        "id": version.id,
        "recipe_id": version.recipe.id,
        "number": version.number,
        "digest": checked.digest,
        "method": checked.method,
        "ingredients": [str(each) for each in checked.ingredients],
        "source": checked.source,
        "canonical": checked.canonical,
    }
