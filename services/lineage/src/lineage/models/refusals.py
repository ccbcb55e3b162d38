"""Reported parents that were refused, because they would close a cycle in the graph."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.edges.models import RefusedEdgeRow
from lineage.models.models import ModelRow
from mergehub.kit.database.database import AnyRow


async def of(session: AsyncSession, child: int) -> Sequence[AnyRow]:
    """The refused parents of a model, oldest first."""
    query = (
        select(
            ModelRow.id.label("parent"),
            ModelRow.name,
            RefusedEdgeRow.relation,
            RefusedEdgeRow.role,
            RefusedEdgeRow.run,
            RefusedEdgeRow.reason,
            RefusedEdgeRow.created_at,
        )
        .join(ModelRow, ModelRow.number == RefusedEdgeRow.parent)
        .where(RefusedEdgeRow.child == child)
        .order_by(RefusedEdgeRow.id)
    )
    return (await session.execute(query)).all()
