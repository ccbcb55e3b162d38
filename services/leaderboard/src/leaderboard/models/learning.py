"""Stores what lineage says of models: a page of its feed in a few statements."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.facts.changes import LOG
from leaderboard.models.feed import Model
from leaderboard.models.naming import Ids, ids_of, key, named

Row = dict[str, Any]

FACTS = {
    "model_id": "bigint",
    "lineage_id": "uuid",
    "kind": "text",
    "method": "text",
    "architecture": "text",
    "family": "text",
    "parameters": "bigint",
    "licence": "text",
    "domains": "text[]",
    "flags": "text[]",
    "made_on": "date",
    "position": "bigint",
}
PARENTS = {
    "model_id": "bigint",
    "parent_id": "bigint",
    "role": "text",
    "place": "smallint",
    "relation": "text",
    "method": "text",
    "weight": "float8",
}


def _insert(table: str, columns: dict[str, str]) -> str:
    names = ", ".join(columns)
    typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    rows = f"jsonb_to_recordset(CAST(:rows AS jsonb)) AS told({typed})"
    return f"INSERT INTO {table} ({names}) SELECT {names} FROM {rows}"  # noqa: S608 - constants


_REPLACED = ", ".join(f"{name} = excluded.{name}" for name in FACTS)
_KEEP = text(f"{_insert('model_facts', FACTS)} ON CONFLICT (model_id) DO UPDATE SET {_REPLACED}")
_FORGET = text("DELETE FROM model_parents WHERE model_id = ANY(:ids)")
_ADD = text(f"{_insert('model_parents', PARENTS)} ON CONFLICT DO NOTHING")


async def learn(session: AsyncSession, models: Sequence[Model]) -> None:
    """Replace what was known of these models and their parents, and log that they changed."""
    rows = await named(session, models)
    facts = [{"model_id": id, **each.facts} for each in models for id in ids_of(each, rows)]
    parents = [row for each in models for row in _parents(each, rows)]
    ids = [row["model_id"] for row in facts]
    await session.execute(_KEEP, {"rows": json.dumps(facts)})
    await session.execute(_FORGET, {"ids": ids})
    if parents:
        await session.execute(_ADD, {"rows": json.dumps(parents)})
    await LOG.log(session, models=_distinct([*ids, *(row["parent_id"] for row in parents)]))


def _parents(model: Model, rows: Ids) -> Iterator[Row]:
    """The parents of each row of a model; it is not its own parent under another name."""
    own = ids_of(model, rows)
    for place, parent in enumerate(model.parents):
        id = rows[key(parent.name)]
        if id not in own:
            told = parent.model_dump(exclude={"name"})
            yield from ({"model_id": each, "parent_id": id, "place": place} | told for each in own)


def _distinct(ids: Iterable[int]) -> list[int]:
    return sorted(set(ids))
