"""Edges as answers show them: from the columns, and for some with details from the tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from lineage.answers import schemas
from lineage.answers.parameters import EPOCH
from lineage.edges.models import EdgeRow
from lineage.memory.arrays import Numbers
from lineage.memory.columns import RELATIONS, ROLES
from lineage.memory.graph import Graph
from lineage.models.models import RevisionRow

NO_DETAILS: Mapping[str, Any] = {
    "child_digest": None,
    "parent_digest": None,
    "layers": None,
    "recipe_version": None,
    "run": None,
    "evidence": None,
}

CODED = ("relation", "role", "method", "source", "confidence", "weight", "density", "made_on")

_EDGES = TypeAdapter(list[schemas.Edge])


async def described(session: AsyncSession, graph: Graph, edges: Numbers) -> list[schemas.Edge]:
    """The edges, in the same order."""
    columns, codes = graph.edges, graph.codes
    details = await _details(session, columns.id[edges[columns.detailed[edges]]].tolist())
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
            **details.get(id, NO_DETAILS),
        }
        for id, child, parent, relation, role, method, source, sure, weight, density, days in facts
    ]
    return _EDGES.validate_python(rows)  # much faster than one at a time


def known(value: float) -> float | None:
    """A weight or density, to the digits that single precision has; None if it is not known."""
    return float(f"{value:.7g}") if math.isfinite(value) else None


@cache
def day(days: int) -> date:
    """The date that is so many days after 1970."""
    return EPOCH + timedelta(days=days)


async def _details(session: AsyncSession, ids: list[int]) -> dict[int, dict[str, Any]]:
    """What only the tables know of edges, by their ids."""
    if not ids:
        return {}
    child, parent = aliased(RevisionRow), aliased(RevisionRow)
    query = (
        select(
            EdgeRow.id,
            child.digest.label("child_digest"),
            parent.digest.label("parent_digest"),
            EdgeRow.layers,
            EdgeRow.recipe_version,
            EdgeRow.run,
            EdgeRow.evidence,
        )
        .join(child, child.id == EdgeRow.child_revision, isouter=True)
        .join(parent, parent.id == EdgeRow.parent_revision, isouter=True)
        .where(EdgeRow.id.in_(ids))
    )
    rows = (await session.execute(query)).mappings()
    return {row["id"]: {name: row[name] for name in NO_DETAILS} for row in rows}
