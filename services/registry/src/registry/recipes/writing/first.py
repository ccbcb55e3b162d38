"""Stores a new recipe with its version 1 in one statement, which also finds its twins."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any
from uuid import uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.database import Database
from mergehub.kit.database.together import Write, Written, alone, together
from mergehub.kit.settings.sign_in import QuotaName
from registry import changes
from registry.actor import Actor
from registry.events.models import outbox
from registry.recipes.check import CheckedRecipe
from registry.recipes.writing import repository, twins
from registry.recipes.writing.repository import Added
from registry.recipes.writing.versions import NewVersion, reporting

UNIQUE_VIOLATION = "23505"
_ALONE = """
AND NOT EXISTS (SELECT FROM quotas WHERE account = :owner AND quotas.name = :quota)
AND NOT ({heeds})
"""


class NewRecipe:
    """A recipe to store with its version 1; `columns` are those that its author gave.

    Nothing is stored if another recipe of the owner has its name, or had it.
    """

    def __init__(
        self, writer: Actor, owner: str, columns: dict[str, Any], checked: CheckedRecipe
    ) -> None:
        self.columns = {"id": uuid4(), "owner": owner, **columns}
        self.recipe = Added.of(self.columns)
        self.version = NewVersion(self.recipe, 1, checked)
        self._writer = writer

    async def store(self, session: AsyncSession) -> Written | None:
        """Store it in the transaction of `session`; None if the name is taken."""
        adding, *others = self._writes()
        events, audited = reporting(self._writer, [self.version], adding)
        changes.at_commit(session)
        written = await _unless_taken(together(session, adding, *others, audited, events.write))
        if written is not None:
            await outbox.emitted(session, events, written)
        return written

    async def store_alone(self, database: Database, quota: QuotaName) -> Written | None:
        """Store it as a transaction of its own, in one round trip.

        None also if more than one statement is needed: the owner has a `quota` of its own by that
        name, or somebody follows the events.
        """
        if outbox.heeded:
            return None
        adding, *others = self._writes(_ALONE.format(heeds=outbox.heeds), {"quota": quota})
        events, audited = reporting(self._writer, [self.version], adding)
        written = await _unless_taken(alone(database, adding, *others, audited, events.write))
        if written is not None:
            changes.committed(database)
        return written

    def _writes(self, unless: str = "", values: dict[str, Any] | None = None) -> list[Write]:
        adding = repository.adding(self.columns, unless, values or {})
        versions = repository.adding_versions([self.version.columns], of=adding)
        same = twins.finding(self.version.checked.digest, self._writer.who)
        return [adding, versions, changes.noting_added(adding), same]


async def _unless_taken(writing: Awaitable[Written]) -> Written | None:
    """What was written; None if nothing was, also since another recipe had the name before."""
    try:
        written = await writing
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) != UNIQUE_VIOLATION:
            raise
        return None
    return None if written.added is None else written
