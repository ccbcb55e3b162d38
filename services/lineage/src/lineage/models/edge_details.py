"""What only the tables know of an edge: its revisions, where in the model it is, and its run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVarTuple

from sqlalchemy import ARRAY, BigInteger, Select, any_, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from lineage.edges.models import EdgeRow
from lineage.models.models import RevisionRow
from mergehub.kit.database.database import AnyRow

Columns = TypeVarTuple("Columns")

_CHILD, _PARENT = aliased(RevisionRow), aliased(RevisionRow)
DIGESTS = (_CHILD.digest.label("child_digest"), _PARENT.digest.label("parent_digest"))
"""The revisions of an edge's ends, for a query `with_revisions`."""


def with_revisions(query: Select[*Columns]) -> Select[*Columns]:
    """A query on edges that has the revisions of both ends, where they are known."""
    return query.join(_CHILD, _CHILD.id == EdgeRow.child_revision, isouter=True).join(
        _PARENT, _PARENT.id == EdgeRow.parent_revision, isouter=True
    )


async def details(session: AsyncSession, ids: Sequence[int]) -> dict[int, AnyRow]:
    """The details of edges, by their ids."""
    query = select(
        EdgeRow.id,
        *DIGESTS,
        EdgeRow.role_stated,
        EdgeRow.weight,
        EdgeRow.density,
        EdgeRow.layers,
        EdgeRow.recipe_version,
        EdgeRow.run,
        EdgeRow.evidence,
        EdgeRow.made_on,
        EdgeRow.created_at,
    ).where(EdgeRow.id == any_(literal(ids, ARRAY(BigInteger))))  # more than a list may have
    return {row.id: row for row in await session.execute(with_revisions(query))}
