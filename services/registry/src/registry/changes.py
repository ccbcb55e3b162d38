"""The log of which recipes each transaction changed, which the catalogue in memory follows."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from mergehub.kit.database.database import Database, after_commit
from mergehub.kit.database.together import Write, together
from mergehub.kit.replica.change_log import ChangeColumns, ChangeLog
from registry.base import Base

CHANNEL = "registry_recipes"
AT_COMMIT = "recipes noted"
"""The key in `Database.info` of what is called when a change was committed by this process."""


class ChangeRow(ChangeColumns, Base):
    """The recipes that a transaction added, changed or deleted, by their numbers."""

    recipes: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))


LOG = ChangeLog(ChangeRow, CHANNEL, "recipes")

_NOTE = """
INSERT INTO changes (recipes) SELECT array_agg(number ORDER BY number)
FROM unnest(CAST(:changed AS uuid[])) AS given (id)
CROSS JOIN LATERAL (SELECT number FROM recipes WHERE recipes.id = given.id OFFSET 0) AS recipe
HAVING count(*) > 0
"""
# `OFFSET 0`: each recipe is looked up by itself, also by a plan made for few recipes.
_NOTE_ADDED = """
INSERT INTO changes (recipes) SELECT array_agg(number ORDER BY number) FROM {added}
HAVING count(*) > 0
"""


async def noted(session: AsyncSession, *recipes: UUID) -> None:
    """Log that recipes changed, in the transaction that changes them; wakes the catalogues.

    Every transaction calls it that changes what a search knows of a recipe: its text, visibility,
    name, versions, or one of its counters. Before a recipe is deleted, as it has no number then.
    """
    if recipes:
        await together(session, noting(session, recipes))


def noting(session: AsyncSession, recipes: Iterable[UUID]) -> Write:
    """The write of `noted`, to be executed together with others of the transaction."""
    at_commit(session)
    return Write("noted", _NOTE, {"changed": list(set(recipes))}, CHANNEL)


def noting_added(added: Write) -> Write:
    """The same for recipes that the write `added`, which is executed with it, returns.

    `at_commit` or `committed` is to be called as well.
    """
    return Write("noted", _NOTE_ADDED.format(added=added.name), {}, CHANNEL)


def at_commit(session: AsyncSession) -> None:
    """Let the catalogue of this process look once the transaction of `session` is committed."""
    if AT_COMMIT in session.info:
        after_commit(session, session.info[AT_COMMIT])


def committed(database: Database) -> None:
    """Let the catalogue of this process look now: what was noted is committed."""
    if AT_COMMIT in database.info:
        database.info[AT_COMMIT]()
