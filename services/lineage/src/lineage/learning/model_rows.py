"""How a batch reads and writes models and revisions: each statement takes all rows at once."""

# ruff: noqa: S608 - the statements are built from constants

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.learning import rows
from lineage.learning.counting import Counts
from lineage.learning.facts import Description
from mergehub.kit.database.database import AnyRow

Revision = tuple[UUID, str]
"""The id of a model, and a digest."""

NewModel = tuple[int, UUID, str, int, Description]
"""The number, id, name, rank and facts of a model."""

UNIQUE_VIOLATION = "23505"
SEPARATOR = "\x1f"
"""Between the domains of a model in a parameter, since PostgreSQL has no arrays of arrays."""
DESCRIBED = {
    "architecture": "text",
    "parameters": "bigint",
    "tokenizer": "text",
    "licence": "text",
    "domains": "text",
    "made_on": "date",
    "source": "text",
}
DOMAINS = {"domains": "string_to_array(told.domains, chr(31))"}
MODEL = ("number", "id", "name", "rank", *Description._fields)
DESCRIPTION = {"number": "bigint", **DESCRIBED}
REVISION = ("id", "model_id", "digest")
COUNTS = {"model": "bigint", "children": "int", "as_base": "int", "as_ingredient": "int"}
RANK = {"number": "bigint", "rank": "bigint"}

_NAMED = text(
    "SELECT told.key, number, id, name, rank FROM "
    + rows.beside({"key": "text"}, "models", "lower(name) = told.key AND alias_of IS NULL")
)
_ONCE_NAMED = text(
    "SELECT DISTINCT ON (lower(former.name)) "
    "lower(former.name) AS key, number, models.id, models.name, rank "
    "FROM model_names AS former JOIN models ON models.id = former.model_id "
    "WHERE lower(former.name) = ANY(CAST(:key AS text[])) "
    "ORDER BY lower(former.name), former.id DESC"
)
_LOCK = text(
    "SELECT count(*) FROM (SELECT FROM models WHERE number = ANY(CAST(:numbers AS bigint[])) "
    "ORDER BY number FOR NO KEY UPDATE) AS locked"
)
_DESCRIBED = text(
    f"SELECT number, {', '.join(DESCRIBED)} FROM models "
    "WHERE number = ANY(CAST(:numbers AS bigint[]))"
)
_DESCRIBE = rows.update("models", "number", DESCRIPTION, DOMAINS)
ADDED_TO_COUNTERS = (
    "ON CONFLICT (model) DO UPDATE SET children = model_counters.children + excluded.children, "
    "as_base = model_counters.as_base + excluded.as_base, "
    "as_ingredient = model_counters.as_ingredient + excluded.as_ingredient"
)
_COUNT = text(
    f"INSERT INTO model_counters SELECT * FROM {rows.table(COUNTS)} ORDER BY model "
    f"{ADDED_TO_COUNTERS}"
)
_RANK = rows.update("models", "number", RANK, {})
_REVISIONS = text(
    "SELECT revisions.id, revisions.model_id, revisions.digest FROM "
    + rows.beside(
        {"model_id": "uuid", "digest": "text"},
        "revisions",
        "model_id = told.model_id AND digest = told.digest",
    )
)


class NameTaken(Exception):
    """Another transaction has stored a model of the same name meanwhile."""


async def named(session: AsyncSession, keys: Collection[str]) -> dict[str, AnyRow]:
    """The models of these names, which are in lower case."""
    return await _by_key(session, _NAMED, keys)


async def once_named(session: AsyncSession, keys: Collection[str]) -> dict[str, AnyRow]:
    """The models that last had these names, which are in lower case."""
    return await _by_key(session, _ONCE_NAMED, keys) if keys else {}


async def _by_key(
    session: AsyncSession, query: TextClause, keys: Collection[str]
) -> dict[str, AnyRow]:
    found = await session.execute(query, {"key": sorted(keys)})
    return {row[0]: row for row in found}  # an attribute of a row takes longer


async def numbers(session: AsyncSession, count: int) -> Sequence[int]:
    """The numbers of new models."""
    return await rows.numbered(session, "models", "number", count)


async def insert(session: AsyncSession, models: Iterable[NewModel]) -> None:
    """Add models. Raises NameTaken."""
    values = ((*model, *described) for *model, described in models)
    try:
        await rows.copy(session, "models", MODEL, values)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == UNIQUE_VIOLATION:
            raise NameTaken from error
        raise


async def lock(session: AsyncSession, numbers: Collection[int]) -> None:
    """Lock the rows of models in the order of their numbers, so that no two writers deadlock."""
    if numbers:
        await session.execute(_LOCK, {"numbers": list(numbers)})


async def described(session: AsyncSession, numbers: Collection[int]) -> Iterable[AnyRow]:
    """The facts about models."""
    return await session.execute(_DESCRIBED, {"numbers": list(numbers)}) if numbers else ()


async def describe(session: AsyncSession, models: Mapping[int, Description]) -> None:
    """Replace the facts about models."""
    values = [(number, *_values(each)) for number, each in models.items()]
    await session.execute(_DESCRIBE, rows.bound(DESCRIPTION, values))


def _values(described: Description) -> Sequence[object]:
    """The facts in the order of the columns."""
    joined = SEPARATOR.join(described.domains)
    return [joined if name == "domains" else getattr(described, name) for name in DESCRIBED]


async def count(session: AsyncSession, changes: Mapping[int, Counts]) -> None:
    """Add to the counters of models, whose rows are locked in the order of their numbers."""
    values = [(number, *counts) for number, counts in changes.items()]
    await session.execute(_COUNT, rows.bound(COUNTS, values))


async def rank(session: AsyncSession, ranks: Mapping[int, int]) -> None:
    """Replace the ranks of models; no other transaction may be adding edges."""
    await session.execute(_RANK, rows.bound(RANK, ranks.items()))


async def revisions(session: AsyncSession, wanted: Collection[Revision]) -> dict[Revision, UUID]:
    """The ids of those revisions that are stored."""
    types = {"model_id": "uuid", "digest": "text"}
    found = await session.execute(_REVISIONS, rows.bound(types, wanted))
    return {(row.model_id, row.digest): row.id for row in found}


async def insert_revisions(session: AsyncSession, new: Mapping[Revision, UUID]) -> None:
    values = ((id, *revision) for revision, id in new.items())
    await rows.copy(session, "revisions", REVISION, values)
