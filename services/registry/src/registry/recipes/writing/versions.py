"""Stores new versions, and reports each: in the log of changes, the audit trail and an event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.events import RecipePublished
from mergehub.kit.database.together import Write, Written, together
from mergehub.kit.settings.sign_in import QuotaName
from registry.actor import Actor
from registry.audit.service import recording
from registry.changes import noting, noting_added
from registry.events.models import outbox
from registry.recipes.check import Content
from registry.recipes.models import RecipeRow, VersionRow
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
    now: datetime = (await _store(session, writer, versions, None, adding, noted)).now
    return now


async def store_first(
    session: AsyncSession,
    writer: Actor,
    owner: str,
    wanted: dict[str, Any],
    checked: Content,
    quota: QuotaName | None = None,
) -> tuple[RecipeRow, VersionRow] | None:
    """Store a new recipe with its version 1, in one round trip.

    None, and nothing is stored, if another recipe of the owner has its name, or if the owner has a
    `quota` of its own by that name.
    """
    new = repository.Adding(owner, [wanted], quota)
    version = NewVersion(new.rows[0], 1, checked)
    adding = repository.adding_versions([version.columns], of=new.write)
    noted = noting_added(session, new.write)
    written = await _store(session, writer, [version], new.write, new.write, adding, noted)
    if not new.added(written):
        return None
    return new.rows[0], VersionRow(**version.columns, created_at=written.now)


async def _store(
    session: AsyncSession,
    writer: Actor,
    versions: Sequence[NewVersion],
    of: Write | None,
    *writes: Write,
) -> Written:
    """Execute the writes with those of the audit trail and the events, provided that `of` does."""
    subjects = [f"recipes/{each.recipe.id}/versions/{each.number}" for each in versions]
    events = outbox.emitting("recipe.published", map(_event, versions), of=of)
    audited = recording(writer, "recipe.published", subjects, of)
    written = await together(session, *writes, audited, events.write)
    await outbox.emitted(session, events, written)
    return written


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
