"""Reads models and edges from the tables: all of them, or those with given numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import numpy as np
from numpy.typing import NDArray

from lineage.memory.arrays import Numbers
from lineage.memory.codes import Vocabulary
from lineage.memory.columns import RELATIONS, ROLES
from mergehub.columns.codes import set_text
from mergehub.columns.copying import copied, copied_lines
from mergehub.columns.kinds import coded, hashed, texts_of
from mergehub.contracts.domains.vocabulary import domains_of
from mergehub.contracts.licences.identifiers import identifier_of

MODEL_FIELDS = {
    "number": (">i4", "i4"),
    "id": ("2>u8", "u8"),
    "parameters": (">i8", "i8"),
    "made_on": (">i4", "i4"),
    "flagged": ("?", "?"),
    "kind": (">i8", "i8"),
}
MODELS = f"""
SELECT number::int4, id, coalesce(parameters, 0),
  coalesce(CASE WHEN isfinite(made_on) THEN made_on - date '1970-01-01' END, -1),
  number IN (SELECT model FROM flags WHERE cleared_at IS NULL),
  {hashed("architecture", "licence", "array_to_string(domains, chr(10))")}
FROM models {{where}}
"""  # noqa: S608 - the columns are constants
NAMES = "SELECT name FROM models {where} ORDER BY number"
MODEL_TEXTS = "SELECT number, architecture, licence, domains FROM models WHERE number = ANY($1)"

EDGE_FIELDS = {
    "id": (">i8", "i8"),
    "child": (">i4", "i4"),
    "parent": (">i4", "i4"),
    "weight": (">f8", "f4"),
    "density": (">f8", "f4"),
    "made_on": (">i4", "i4"),
    "confidence": (">i2", "u1"),
    "detailed": ("?", "?"),
    "kind": (">i8", "i8"),
}
EDGES = f"""
SELECT id, child::int4, parent::int4, coalesce(weight, 'NaN'), coalesce(density, 'NaN'),
  coalesce(CASE WHEN isfinite(made_on) THEN made_on - date '1970-01-01' END, -1),
  confidence,
  num_nonnulls(child_revision, parent_revision, layers, recipe_version, run, evidence) > 0,
  {hashed("relation", "role", "method", "source")}
FROM (SELECT * FROM edges WHERE withdrawal IS NULL) AS edges {{where}}
"""  # noqa: S608
EDGE_TEXTS = "SELECT id, relation, role, method, source FROM edges WHERE id = ANY($1)"


Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class ModelRows:
    """Models to put into a graph."""

    numbers: Numbers
    names: bytearray
    columns: Columns


async def read_models(
    connection: asyncpg.Connection, codes: Vocabulary, numbers: list[int] | None = None
) -> ModelRows:
    """The models with these numbers, or all."""
    where, arguments = _only("number", numbers)
    rows = await copied(connection, MODELS.format(where=where), arguments, MODEL_FIELDS)
    order = np.argsort(rows["number"])  # PostgreSQL would need three times as long for it
    for name, column in rows.items():
        rows[name] = column[order]
    names = await copied_lines(connection, NAMES.format(where=where), arguments)
    texts, each = await texts_of(connection, MODEL_TEXTS, rows.pop("kind"), rows["number"])
    rows["id_high"], rows["id_low"] = rows.pop("id").T
    rows["architecture"] = coded(texts, "architecture", each, codes.architecture.code)
    rows["licence"] = coded(
        texts, "licence", each, lambda written: codes.licence.code(identifier_of(written or ""))
    )
    rows["domains"] = coded(
        texts, "domains", each, lambda domains: codes.domains.code(set_text(domains_of(domains)))
    )
    return ModelRows(rows.pop("number"), names, rows)


async def read_edges(
    connection: asyncpg.Connection, codes: Vocabulary, ids: list[int] | None = None
) -> Columns:
    """The edges with these ids, or all; without those that are withdrawn."""
    where, arguments = _only("id", ids)
    rows = await copied(connection, EDGES.format(where=where), arguments, EDGE_FIELDS)
    texts, each = await texts_of(connection, EDGE_TEXTS, rows.pop("kind"), rows["id"])
    rows["relation"] = coded(texts, "relation", each, _place_in(RELATIONS), np.uint8)
    rows["role"] = coded(texts, "role", each, _place_in(ROLES), np.uint8)
    rows["method"] = coded(texts, "method", each, codes.method.code)
    rows["source"] = coded(texts, "source", each, codes.source.code)
    return rows


def _only(key: str, keys: list[int] | None) -> tuple[str, tuple[list[int], ...]]:
    return ("", ()) if keys is None else (f"WHERE {key} = ANY($1)", (keys,))


def _place_in(words: tuple[str, ...]) -> Callable[[str], int]:
    """The code of a word of a closed set; that of the first for any other word."""
    return lambda word: words.index(word) if word in words else 0
