"""How a batch reads and writes edges and claims: each statement takes all rows at once."""

# ruff: noqa: S608 - the statements are built from constants

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.learning import rows
from lineage.learning.batch import Told
from lineage.learning.claims import Edge, Key
from lineage.learning.order import Above, Pair
from mergehub.kit.database.database import AnyRow, now

TOLD = {
    "relation": "text",
    "source": "text",
    "confidence": "smallint",
    "method": "text",
    "weight": "float8",
    "density": "float8",
    "layers": "text",
    "recipe_version": "uuid",
    "run": "uuid",
    "evidence": "text",
    "made_on": "date",
    "created_at": "timestamptz",
    "role_stated": "boolean",
}
COMPUTED = {"layers": "CAST(told.layers AS jsonb)"}
PAIR = {"child": "bigint", "parent": "bigint"}
KEY = {**PAIR, "child_revision": "uuid", "parent_revision": "uuid", "role": "text"}
CHANGE = {"id": "bigint", "role": "text", **TOLD}
EDGE = ("id", *KEY, *TOLD)
CLAIM = ("edge_id", *TOLD)
_BETWEEN = text(
    f"SELECT id, withdrawal, edges.{', edges.'.join(KEY)}, {', '.join(TOLD)} FROM "
    + rows.beside(PAIR, "edges", "child = told.child AND parent = told.parent")
    + " ORDER BY id"
)
_BESIDE = text(
    f"SELECT edge_id, {', '.join(TOLD)} FROM claims "
    "WHERE edge_id = ANY(CAST(:ids AS bigint[])) ORDER BY id"
)
_UPDATE = rows.update("edges", "id", CHANGE, COMPUTED)
_FORGET_CLAIMS = text("DELETE FROM claims WHERE edge_id = ANY(CAST(:ids AS bigint[]))")
_WITHDRAWN = text(
    "SELECT DISTINCT child, parent FROM withdrawals "
    "WHERE restored_at IS NULL AND child = ANY(CAST(:children AS bigint[]))"
)
_ABOVE = text(
    "SELECT edges.child, edges.parent, models.rank "
    "FROM edges JOIN models ON models.number = edges.parent "
    "WHERE edges.child = ANY(CAST(:nodes AS bigint[])) AND withdrawal IS NULL"
)


async def between(session: AsyncSession, pairs: Collection[Pair]) -> list[Edge]:
    """The edges of these children and parents, with their claims."""
    if not pairs:
        return []
    found = await session.execute(_BETWEEN, rows.bound(PAIR, pairs))
    edges = {
        row.id: Edge(Key(*row[2:7]), told_of(row[7:]), row.id, withdrawn=row.withdrawal is not None)
        for row in found
    }
    if edges:
        for row in await session.execute(_BESIDE, {"ids": list(edges)}):
            edges[row.edge_id].keep(told_of(row[1:]))
    return list(edges.values())


def told_of(values: Sequence[object]) -> Told:
    """A claim from its columns."""
    told = Told(*values)  # type: ignore[arg-type]
    if told.layers is None:
        return told
    layers = json.loads(told.layers) if isinstance(told.layers, str) else told.layers
    return told._replace(layers=tuple((start, end) for start, end in layers))


async def write(session: AsyncSession, edges: Collection[Edge]) -> None:
    """Store new and changed edges with their claims; new ones get their id."""
    moment = await now(session)
    values = partial(values_of, now=moment)
    new = [edge for edge in edges if edge.id is None]
    old = [edge for edge in edges if edge.id is not None]
    if old:
        shown = [(edge.id, edge.key.role, *values(edge.shown)) for edge in old if edge.shows_new]
        if shown:  # before new ones, which may get a role that an edge gives up
            await session.execute(_UPDATE, rows.bound(CHANGE, shown))
        await session.execute(_FORGET_CLAIMS, {"ids": [edge.id for edge in old]})
    if new:
        ids = await rows.numbered(session, "edges", "id", len(new))
        for edge, id in zip(new, ids, strict=True):
            edge.id = id
        dated = any(edge.shown.created_at for edge in new)
        when = moment if dated else None  # it is what PostgreSQL takes by itself
        added = ((edge.id, *edge.key, *values_of(edge.shown, when)) for edge in new)
        await rows.copy(session, "edges", EDGE, added)
    several = (edge for edge in edges if len(edge.claims) > 1)
    claims = [(edge.id, *values(told)) for edge in several for told in edge.beside]
    if claims:
        await rows.copy(session, "claims", CLAIM, claims)


def values_of(told: Told, now: datetime | None) -> Sequence[object]:
    """A claim in the order of the columns."""
    layers = None if told.layers is None else json.dumps(told.layers)
    return (*told[:6], layers, *told[7:11], told.created_at or now, told.role_stated)


async def withdrawn(session: AsyncSession, children: Collection[int]) -> set[Pair]:
    """The children, of those given, and parents of the edges that are withdrawn."""
    if not children:
        return set()
    found = await session.execute(_WITHDRAWN, {"children": list(children)})
    return {(row.child, row.parent) for row in found}


async def above(session: AsyncSession, nodes: Collection[int]) -> Above:
    """The parents of each of these models, with the parents' ranks."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    row: AnyRow
    for row in await session.execute(_ABOVE, {"nodes": list(nodes)}):
        found[row.child][row.parent] = row.rank
    return found
