"""What is said of a model's parents beside the graph: weaker, refused and withdrawn claims."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.edges.models import ClaimRow, EdgeRow, RefusedEdgeRow, WithdrawalRow
from lineage.models.edge_details import DIGESTS, with_revisions
from lineage.models.models import ModelRow
from mergehub.kit.database.database import AnyRow

ORIGINAL = "original"


async def kind(session: AsyncSession, child: int) -> str:
    """How a model was made: the relation of the edge that says most, as on the map."""
    weight = func.coalesce(func.least(func.greatest(EdgeRow.weight, 0), 1), 0)
    query = (
        select(EdgeRow.relation)
        .where(EdgeRow.child == child, EdgeRow.withdrawal.is_(None))
        .order_by(
            EdgeRow.confidence.desc(),
            EdgeRow.relation == "unknown",
            EdgeRow.role != "base",
            weight.desc(),
            EdgeRow.parent,
            EdgeRow.relation,
        )
        .limit(1)
    )
    return await session.scalar(query) or ORIGINAL


async def refused(session: AsyncSession, child: int) -> Sequence[AnyRow]:
    """The refused parents of a model, oldest first."""
    query = (
        select(
            ModelRow.id.label("parent"),
            ModelRow.name,
            RefusedEdgeRow.relation,
            RefusedEdgeRow.role,
            RefusedEdgeRow.run,
            RefusedEdgeRow.source,
            RefusedEdgeRow.reason,
            RefusedEdgeRow.created_at,
        )
        .join(ModelRow, ModelRow.number == RefusedEdgeRow.parent)
        .where(RefusedEdgeRow.child == child)
        .order_by(RefusedEdgeRow.id)
    )
    return (await session.execute(query)).all()


async def withdrawn(session: AsyncSession, child: int) -> Sequence[AnyRow]:
    """The edges of a model that a moderator has withdrawn, oldest first."""
    query = (
        select(
            EdgeRow.id.label("edge"),
            ModelRow.id.label("parent"),
            ModelRow.name,
            EdgeRow.relation,
            EdgeRow.role,
            EdgeRow.method,
            EdgeRow.weight,
            EdgeRow.source,
            EdgeRow.confidence,
            WithdrawalRow.reason,
            WithdrawalRow.evidence,
            WithdrawalRow.withdrawn_by,
            WithdrawalRow.withdrawn_at,
        )
        .join(EdgeRow, EdgeRow.withdrawal == WithdrawalRow.id)
        .join(ModelRow, ModelRow.number == EdgeRow.parent)
        .where(WithdrawalRow.child == child)
        .order_by(WithdrawalRow.id)
    )
    return (await session.execute(query)).all()


async def claims(session: AsyncSession, child: int) -> Sequence[AnyRow]:
    """The claims about a model's parents that are not shown, the most trusted first."""
    query = (
        select(
            ModelRow.id.label("parent"),
            ModelRow.name,
            *DIGESTS,
            EdgeRow.role,
            ClaimRow.relation,
            ClaimRow.method,
            ClaimRow.weight,
            ClaimRow.density,
            ClaimRow.layers,
            ClaimRow.source,
            ClaimRow.confidence,
            ClaimRow.evidence,
            ClaimRow.made_on,
            ClaimRow.created_at,
        )
        .join(EdgeRow, EdgeRow.id == ClaimRow.edge_id)
        .join(ModelRow, ModelRow.number == EdgeRow.parent)
        .where(EdgeRow.child == child, EdgeRow.withdrawal.is_(None))
        .order_by(ClaimRow.confidence.desc(), ClaimRow.id)
    )
    return (await session.execute(with_revisions(query))).all()
