"""Stores new versions, and reports each: in the log of changes, the audit trail and an event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.events import RecipePublished
from mergehub.kit.database.together import Write, together
from mergehub.kit.events.outbox import Events
from registry.actor import Actor
from registry.audit.service import recording
from registry.changes import noting
from registry.events.models import outbox
from registry.recipes.check import Content
from registry.recipes.models import RecipeRow
from registry.recipes.writing import repository
from registry.recipes.writing.repository import Added


@dataclass(frozen=True)
class NewVersion:
    """A version to store, of a recipe that is new or locked."""

    recipe: RecipeRow | Added
    number: int
    checked: Content
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
    """Store versions of recipes that are locked or new, in the transaction of `session`.

    Returns when they were created.
    """
    adding = repository.adding_versions([each.columns for each in versions])
    noted = noting(session, {each.recipe.id for each in versions})
    events, audited = reporting(writer, versions)
    written = await together(session, adding, noted, audited, events.write)
    await outbox.emitted(session, events, written)
    now: datetime = written.now
    return now


def reporting(
    writer: Actor, versions: Sequence[NewVersion], of: Write | None = None
) -> tuple[Events, Write]:
    """The events about versions, and the write of the audit trail, provided that `of` does."""
    subjects = [f"recipes/{each.recipe.id}/versions/{each.number}" for each in versions]
    events = outbox.emitting("recipe.published", map(_event, versions), of=of)
    return events, recording(writer, "recipe.published", subjects, of)


def _event(version: NewVersion) -> tuple[str, RecipePublished, str | None]:
    recipe = version.recipe
    data = RecipePublished(
        recipe=recipe.id,
        version=version.id,
        number=version.number,
        name=recipe.name,
        digest=version.checked.digest,
    )
    return f"recipes/{recipe.id}", data, recipe.private_to
