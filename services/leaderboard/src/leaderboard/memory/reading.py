"""Reads facts from the tables: all of them, or those with given ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
from numpy.typing import NDArray

from leaderboard.memory.keys import SettingKey
from mergehub.columns.copying import copied

Columns = dict[str, NDArray[Any]]
Pairs = Sequence[tuple[int, int]]

RESULT_FIELDS = {
    "id": (">i8", "i8"),
    "variant": (">i4", "i4"),
    "setting": (">i4", "i4"),
    "value": (">f8", "f8"),
    "stderr": (">f8", "f8"),
    "count": (">i4", "i4"),
    "source": (">i2", "u1"),
    "when": (">i8", "i8"),
    "binary": ("?", "?"),
}
RESULTS = """
SELECT id, variant_id, setting_id, value, coalesce(stderr, 'NaN'), coalesce(count, 0),
  (source - 1)::int2, coalesce(evaluated_at, '-infinity'), "binary"
FROM facts WHERE NOT limited AND withdrawal_id IS NULL {and_}
"""
WITH_IDS = "AND id = ANY($1)"
OF_PAIRS = "AND (variant_id, setting_id) IN (SELECT * FROM unnest($1::int[], $2::int[]))"

SETTINGS = """
SELECT s.id, b.name, b.version, b.subtask, b.metric, s.shots, s.chat_template, s.task_hash, b.items
FROM settings s JOIN measures b ON b.id = s.measure_id {where} ORDER BY s.id
"""
VARIANTS = "SELECT id, model_id, revision, precision FROM variants {where} ORDER BY id"
MODELS = """
SELECT m.id, m.name, f.model_id IS NOT NULL AS known, f.kind, f.method, f.architecture,
  coalesce(f.family, c.family) AS family, coalesce(f.licence, c.licence) AS licence,
  coalesce(f.parameters::float8, c.parameters::float8, 'NaN') AS parameters, f.domains, f.flags,
  coalesce(CASE WHEN isfinite(f.made_on) THEN f.made_on - date '1970-01-01' END, -1) AS made_on,
  CASE WHEN f.family IS NULL AND c.family IS NOT NULL THEN 1 ELSE 0 END
    + CASE WHEN f.licence IS NULL AND c.licence IS NOT NULL THEN 2 ELSE 0 END
    + CASE WHEN f.parameters IS NULL AND c.parameters IS NOT NULL THEN 4 ELSE 0 END AS claimed
FROM models m
LEFT JOIN model_facts f ON f.model_id = m.id
LEFT JOIN model_claims c ON c.model_id = m.id
{where} ORDER BY m.id
"""
"""What lineage says, and where it does not know, what imports claim (`CLAIMABLE`)."""
PARENTS = """
SELECT * FROM (
  SELECT model_id AS child, parent_id AS parent, role, relation, method, weight
  FROM model_parents
  UNION ALL
  SELECT child.id, parent.id, p.role, p.relation, p.method, p.weight
  FROM parents p
  JOIN models child ON lower(child.name) = lower(p.model)
  JOIN models parent ON lower(parent.name) = lower(p.parent)
  WHERE NOT EXISTS (SELECT FROM model_facts WHERE model_facts.model_id = child.id)
) AS told {where} ORDER BY child, role, parent
"""
"""What lineage says; of models that it has not told of yet, what the registry's events say."""
NEEDED = """
WITH RECURSIVE needed AS (
  (
    SELECT model_id AS id FROM variants
    UNION SELECT models.id FROM parents JOIN models ON lower(models.name) = lower(parents.model)
    UNION SELECT models.id FROM parents JOIN models ON lower(models.name) = lower(parents.parent)
  )
  UNION SELECT parent_id FROM needed JOIN model_parents ON model_id = needed.id
)
SELECT id FROM needed ORDER BY id
"""
"""Models with results or made by the hub, and their ancestors: few of all that lineage knows."""


@dataclass(frozen=True)
class ModelRows:
    """Models, and all parents of these models."""

    models: list[asyncpg.Record]
    parents: list[asyncpg.Record]


async def all_results(connection: asyncpg.Connection) -> Columns:
    """Every full result."""
    return await copied(connection, RESULTS.format(and_=""), (), RESULT_FIELDS)


async def results_with(connection: asyncpg.Connection, ids: Sequence[int]) -> Columns:
    """Those of the results with these ids that are full."""
    return await copied(connection, RESULTS.format(and_=WITH_IDS), (list(ids),), RESULT_FIELDS)


async def results_of(connection: asyncpg.Connection, pairs: Pairs) -> Columns:
    """All full results of some pairs of a variant and a setting, by their ids."""
    variants, settings = zip(*pairs, strict=True)
    return await copied(
        connection, RESULTS.format(and_=OF_PAIRS), (variants, settings), RESULT_FIELDS
    )


async def settings(
    connection: asyncpg.Connection, ids: Sequence[int] | None = None
) -> list[SettingKey]:
    """The settings with these ids, or all."""
    where, arguments = _only("s.id", ids)
    return [
        SettingKey(*row) for row in await connection.fetch(SETTINGS.format(where=where), *arguments)
    ]


async def variants(
    connection: asyncpg.Connection, ids: Sequence[int] | None = None
) -> list[asyncpg.Record]:
    """The variants with these ids, or all."""
    where, arguments = _only("id", ids)
    rows: list[asyncpg.Record] = await connection.fetch(VARIANTS.format(where=where), *arguments)
    return rows


async def models(connection: asyncpg.Connection, ids: Sequence[int] | None = None) -> ModelRows:
    """The models with these ids, or all that are needed."""
    if ids is None:
        ids = [row["id"] for row in await connection.fetch(NEEDED)]
    where, arguments = _only("m.id", ids)
    found = await connection.fetch(MODELS.format(where=where), *arguments)
    where, arguments = _only("child", ids)
    return ModelRows(found, await connection.fetch(PARENTS.format(where=where), *arguments))


def _only(key: str, ids: Sequence[int] | None) -> tuple[str, tuple[Any, ...]]:
    return ("", ()) if ids is None else (f"WHERE {key} = ANY($1)", (list(ids),))
