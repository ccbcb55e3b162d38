"""How refused edges are stored, with what each source said, and found again."""

# ruff: noqa: S608 - the statements are built from constants

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.learning import rows
from lineage.learning.batch import Statement, Told
from lineage.learning.edge_rows import TOLD, told_of, values_of
from lineage.trust import confidence
from mergehub.kit.database.database import AnyRow, now

MOST_AGAIN = 10_000
"""How many refused claims are looked at when an edge is withdrawn, the strongest first."""

EDGE = {
    "child": "bigint",
    "parent": "bigint",
    "relation": "text",
    "role": "text",
    "run": "uuid",
    "source": "text",
    "reason": "text",
}
CLAIM = {
    "child": "bigint",
    "parent": "bigint",
    "role": "text",
    "child_digest": "text",
    "parent_digest": "text",
    **TOLD,
}
SAID = ("child_digest", "parent_digest", *TOLD)

_EDGES = text(
    f"INSERT INTO refused_edges ({', '.join(EDGE)}) SELECT * FROM {rows.table(EDGE)} "
    "ON CONFLICT DO NOTHING"
)
_CLAIMS = text(
    f"INSERT INTO refused_claims (refused, {', '.join(SAID)}) "
    "SELECT refused_edges.id, "
    + ", ".join(
        "CAST(told.layers AS jsonb)" if each == "layers" else f"told.{each}" for each in SAID
    )
    + f" FROM {rows.table(CLAIM)} JOIN refused_edges USING (child, parent, relation, role) "
    "ON CONFLICT (refused, source, child_digest, parent_digest) DO UPDATE SET "
    + ", ".join(f"{each} = excluded.{each}" for each in TOLD if each != "source")
)
_THROUGH = text(
    "WITH RECURSIVE above (number) AS ("
    "  SELECT CAST(:model AS bigint) UNION SELECT edges.parent FROM above "
    "  JOIN edges ON edges.child = above.number AND withdrawal IS NULL"
    ") SELECT refused_edges.id, child.name AS child, parent.name AS parent, refused_edges.role, "
    "refused_edges.relation, refused_edges.source, refused_edges.run, claim.id AS claim, "
    + ", ".join(f"claim.{each} AS said_{each}" for each in SAID)
    + " FROM refused_edges JOIN above ON above.number = refused_edges.child "
    "JOIN models AS child ON child.number = refused_edges.child "
    "JOIN models AS parent ON parent.number = refused_edges.parent "
    "LEFT JOIN refused_claims AS claim ON claim.refused = refused_edges.id "
    "WHERE refused_edges.child <> refused_edges.parent "
    "ORDER BY coalesce(claim.confidence, 0) DESC, refused_edges.id, claim.id LIMIT :most"
)
_FORGET = text("DELETE FROM refused_edges WHERE id = ANY(CAST(:ids AS bigint[]))")

Ends = Sequence[tuple[int, int]]
"""The numbers of the child and the parent of each statement."""


async def record(
    session: AsyncSession, refused: Sequence[Statement], ends: Ends, reason: str
) -> None:
    """Keep edges that were refused, with what was said; of what a source repeats, the newest."""
    moment = await now(session)
    edges, claims = [], {}
    for said, pair in zip(refused, ends, strict=True):
        told = said.told
        edges.append((*pair, told.relation, said.role, told.run, told.source, reason))
        digests = (said.child_digest, said.parent_digest)
        same = (*pair, said.role, told.relation, told.source, *digests)
        claims[same] = (*pair, said.role, *digests, *values_of(told, moment))
    await session.execute(_EDGES, rows.bound(EDGE, edges))
    await session.execute(_CLAIMS, rows.bound(CLAIM, claims.values()))


async def through(session: AsyncSession, model: int) -> list[tuple[int, Statement]]:
    """What was refused because it would lead from above a model to below it, and its ids."""
    found = await session.execute(_THROUGH, {"model": model, "most": MOST_AGAIN})
    return [(row.id, _statement(row)) for row in found]


def _statement(row: AnyRow) -> Statement:
    if row.claim is None:
        sure = confidence(row.source, row.relation)
        told = Told(row.relation, row.source, sure, run=row.run)
        return Statement(row.child, row.parent, row.role, told)
    said = [getattr(row, f"said_{each}") for each in SAID]
    return Statement(row.child, row.parent, row.role, told_of(said[2:]), *said[:2])


async def forget(session: AsyncSession, ids: Collection[int]) -> None:
    """Delete refused edges that were learned after all, with what was said."""
    await session.execute(_FORGET, {"ids": list(ids)})
