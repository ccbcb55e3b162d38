"""Edges as answers show them: from the columns, and for some with details from the tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.answers import schemas
from lineage.answers.parameters import EPOCH
from lineage.memory.arrays import Numbers
from lineage.memory.columns import RELATIONS, ROLES
from lineage.memory.graph import Graph
from lineage.models.edge_details import details

DETAILS = ("child_digest", "parent_digest", "layers", "recipe_version", "run", "evidence")
_NONE: Mapping[str, Any] = dict.fromkeys(DETAILS)

CODED = ("relation", "role", "method", "source", "confidence", "weight", "density", "made_on")

_EDGES = TypeAdapter(list[schemas.Edge])


async def described(session: AsyncSession, graph: Graph, edges: Numbers) -> list[schemas.Edge]:
    """The edges, in the same order."""
    columns, codes = graph.edges, graph.codes
    detailed = await _details(session, columns.id[edges[columns.detailed[edges]]].tolist())
    facts = zip(
        columns.id[edges].tolist(),
        graph.ids(columns.child[edges]),
        graph.ids(columns.parent[edges]),
        *(getattr(columns, name)[edges].tolist() for name in CODED),
        strict=True,
    )
    rows = [
        {
            "id": id,
            "child": child,
            "parent": parent,
            "relation": RELATIONS[relation],
            "role": ROLES[role],
            "method": codes.method[method] or None,
            "weight": known(weight),
            "density": known(density),
            "source": codes.source[source],
            "confidence": sure,
            "made_on": day(days),
            **detailed.get(id, _NONE),
        }
        for id, child, parent, relation, role, method, source, sure, weight, density, days in facts
    ]
    return _EDGES.validate_python(rows)  # much faster than one at a time


def known(value: float) -> float | None:
    """A weight or density, to the digits that single precision has; None if it is not known."""
    return float(f"{value:.7g}") if math.isfinite(value) else None


@cache
def day(days: int) -> date | None:
    """The date that is so many days after 1970; None if it is not known."""
    return None if days < 0 else EPOCH + timedelta(days=days)


async def _details(session: AsyncSession, ids: list[int]) -> dict[int, Mapping[str, Any]]:
    """What answers show of the details of edges, by their ids."""
    rows = await details(session, ids) if ids else {}
    return {id: {name: getattr(row, name) for name in DETAILS} for id, row in rows.items()}
