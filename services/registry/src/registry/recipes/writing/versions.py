"""Stores new versions, and reports each: in the log of changes, the audit trail and an event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.events import RecipePublished
from mergehub.kit.database.together import together
from registry.actor import Actor
from registry.audit.service import recording
from registry.changes import noting
from registry.events.models import outbox
from registry.recipes.check import CheckedRecipe
from registry.recipes.models import RecipeRow
from registry.recipes.writing import repository


@dataclass(frozen=True)
class NewVersion:
    """A version to store, of a recipe that is new or locked."""

    recipe: RecipeRow
    number: int
    checked: CheckedRecipe
    id: UUID = field(default_factory=uuid4)

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of its row."""
        return {
            "id": self.id,
            "recipe_id": self.recipe.id,
            "number": self.number,
            "digest": self.checked.digest,
            "method": self.checked.method,
            "ingredients": [str(each) for each in self.checked.ingredients],
            "source": self.checked.source,
            "canonical": self.checked.canonical,
        }


async def store(session: AsyncSession, writer: Actor, versions: Sequence[NewVersion]) -> datetime:
    """Store versions with their events and audit, in the transaction of `session`.

    Returns when they were created.
    """
    subjects = [f"recipes/{each.recipe.id}/versions/{each.number}" for each in versions]
    created_at = await together(
        session,
        repository.adding_versions([each.columns for each in versions]),
        noting(session, {each.recipe.id for each in versions}),
        recording(writer, "recipe.published", subjects),
    )
    for private_to in {each.recipe.private_to for each in versions}:
        events = [_event(each) for each in versions if each.recipe.private_to == private_to]
        await outbox.emit_all(session, "recipe.published", events, private_to)
    return created_at


def _event(version: NewVersion) -> tuple[str, RecipePublished]:
    recipe = version.recipe
    data = RecipePublished(
        recipe=recipe.id,
        version=version.id,
        number=version.number,
        name=recipe.name,
        digest=version.checked.digest,
    )
    return f"recipes/{recipe.id}", data
