"""Edges as answers show them: from the columns, and for some with details from the tables."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

import numpy as np
from pydantic import TypeAdapter
from pydantic_core import to_json

from lineage.answers import schemas
from lineage.answers.parameters import EPOCH
from lineage.answers.texts import id_texts
from lineage.memory.arrays import Numbers
from lineage.memory.codes import Vocabulary
from lineage.memory.columns import RELATIONS, ROLES
from lineage.memory.graph import Graph
from lineage.models.edge_details import details
from mergehub.kit.database.database import Database

DETAILS = ("child_digest", "parent_digest", "layers", "recipe_version", "run", "evidence")
_NONE = ("null",) * len(DETAILS)

CODED = ("relation", "role", "method", "source", "confidence", "weight", "density", "made_on")

LATELY = 1 << 13  # most edges have one of a few thousand days and shares

_EDGES = TypeAdapter(list[schemas.Edge])


async def described(database: Database, graph: Graph, edges: Numbers) -> list[schemas.Edge]:
    """The edges, in the same order."""
    return _EDGES.validate_json(f"[{','.join(await edge_texts(database, graph, edges))}]")


async def edge_texts(database: Database, graph: Graph, edges: Numbers) -> list[str]:
    """The edges as JSON text, each in the form of `schemas.Edge`, in the same order.

    The database is asked only about edges with details; most have none.
    """
    columns, codes = graph.edges, graph.codes
    detailed = await _details(database, columns.id[edges[columns.detailed[edges]]].tolist())
    ids = id_texts(graph, np.concatenate((columns.child[edges], columns.parent[edges])))
    rows = zip(
        columns.id[edges].tolist(),
        ids[: len(edges)],
        ids[len(edges) :],
        *(getattr(columns, name)[edges].tolist() for name in CODED),
        strict=True,
    )
    return [_edge_text(codes, detailed.get(row[0], _NONE), row) for row in rows]


def _edge_text(codes: Vocabulary, details: Sequence[str], facts: tuple[Any, ...]) -> str:
    id, child, parent, relation, role, method, source, sure, weight, density, days = facts
    below, above, layers, version, run, evidence = details
    named = codes.method[method]
    return (
        f'{{"id":{id},"child":"{child}","parent":"{parent}",'
        f'"child_digest":{below},"parent_digest":{above},'
        f'"relation":"{RELATIONS[relation]}","role":"{ROLES[role]}",'
        f'"method":{quoted(named) if named else "null"},'
        f'"weight":{_share_text(weight)},"density":{_share_text(density)},'
        f'"layers":{layers},"recipe_version":{version},"run":{run},'
        f'"source":{quoted(codes.source[source])},"confidence":{sure},'
        f'"evidence":{evidence},"made_on":{_day_text(days)}}}'
    )


def known(value: float) -> float | None:
    """A weight or density, to the digits that single precision has; None if it is not known."""
    return float(f"{value:.7g}") if math.isfinite(value) else None


def _share_text(value: float) -> str:
    return _number_text(value) if math.isfinite(value) else "null"


@lru_cache(LATELY)
def _number_text(value: float) -> str:
    return json.dumps(known(value))


@lru_cache(LATELY)
def day(days: int) -> date | None:
    """The date that is so many days after 1970; None if it is not known."""
    return None if days < 0 else EPOCH + timedelta(days=days)


@lru_cache(LATELY)
def _day_text(days: int) -> str:
    found = day(days)
    return "null" if found is None else f'"{found}"'


async def _details(database: Database, ids: list[int]) -> Mapping[int, Sequence[str]]:
    """What answers show of the details of edges, as JSON text, by their ids."""
    if not ids:
        return {}
    async with database.reading() as session:
        rows = await details(session, ids)
    return {
        id: [to_json(getattr(row, name)).decode() for name in DETAILS] for id, row in rows.items()
    }
