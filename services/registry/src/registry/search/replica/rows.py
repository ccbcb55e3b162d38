"""Reads recipes from the tables as entries of the catalogue: all, or those of some numbers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import asyncpg

from mergehub.contracts.domains.vocabulary import domains_of
from registry.search.catalogue.entry import Entry
from registry.search.features import Described, described
from registry.search.models import FORM

AT_ONCE = 8000  # so that little memory is for rows alone

Rows = Sequence[asyncpg.Record]


ROWS = f"""
SELECT r.number, r.owner, r.name, r.title, r.description, r.tags, r.domains,
  CASE WHEN r.unlisted THEN 'unlisted' ELSE r.visibility END AS visibility,
  extract(epoch FROM r.created_at)::bigint AS created,
  r.licence, r.archived_at IS NOT NULL AS archived,
  r.stars, r.forks,
  r.reproductions,
  f.methods, f.base, f.ingredients, f.parameters, f.count, f.shape,
  CASE WHEN f.recipe_id IS NULL THEN (
    SELECT canonical FROM recipe_versions WHERE recipe_id = r.id AND number = r.newest
  ) END AS canonical
FROM recipes r
LEFT JOIN recipe_features f ON f.recipe_id = r.id AND f.version = r.newest AND f.form = {FORM}
"""  # noqa: S608 - the columns are constants
CHANGED = f"{ROWS} WHERE r.number = ANY($1)"


async def all_rows(connection: asyncpg.Connection) -> AsyncIterator[Rows]:
    """Every recipe's row, some thousands at a time; in a transaction."""
    await connection.execute("SET LOCAL cursor_tuple_fraction TO 1")  # all rows are read
    cursor = await connection.cursor(ROWS)
    coming = asyncio.ensure_future(cursor.fetch(AT_ONCE))
    try:
        while rows := await coming:
            coming = asyncio.ensure_future(cursor.fetch(AT_ONCE))  # while these are taken in
            yield rows
    finally:
        coming.cancel()


async def rows_of(connection: asyncpg.Connection, numbers: Sequence[int]) -> Rows:
    """The rows of the recipes with these numbers that exist."""
    rows: Rows = await connection.fetch(CHANGED, list(numbers))
    return rows


def entries_of(rows: Iterable[asyncpg.Record]) -> list[Entry]:
    """The entries of rows."""
    return [_entry(row) for row in rows]


def _entry(row: asyncpg.Record) -> Entry:
    features = _features(row)
    return Entry(
        number=row["number"],
        owner=row["owner"],
        name=row["name"],
        title=row["title"],
        description=row["description"],
        tags=tuple(row["tags"]),
        domains=tuple(domains_of(row["domains"])),  # rows may have synonyms
        licence=row["licence"],
        visibility=row["visibility"],
        archived=row["archived"],
        created=row["created"],
        stars=row["stars"],
        forks=row["forks"],
        reproductions=row["reproductions"],
        methods=features.methods,
        base=features.base,
        ingredients=features.ingredients,
        parameters=features.parameters,
        count=features.count,
        shape=features.shape,
    )


def _features(row: asyncpg.Record) -> Described:
    if row["canonical"] is not None:
        return described(json.loads(row["canonical"]))
    parameters: dict[str, Any] = json.loads(row["parameters"])
    return Described(
        methods=tuple(row["methods"]),
        base=row["base"],
        ingredients=tuple(row["ingredients"]),
        parameters={name: tuple(values) for name, values in parameters.items()},
        count=row["count"],
        shape=row["shape"],
    )
