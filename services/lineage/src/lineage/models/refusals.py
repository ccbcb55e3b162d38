"""Reported parents that were refused, because they would close a cycle in the graph."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, String, UniqueConstraint, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from lineage.models.models import ModelRow
from lineage.tables import Base
from mergehub.kit.database.database import AnyRow


class RefusedEdgeRow(Base):
    """An edge that was reported and refused."""

    __tablename__ = "refused_edges"
    __table_args__ = (UniqueConstraint("child_id", "parent_id", "relation", "role"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    child_id: Mapped[UUID] = mapped_column(ForeignKey("models.id"))
    parent_id: Mapped[UUID] = mapped_column(ForeignKey("models.id"))
    relation: Mapped[str] = mapped_column(String(20))
    role: Mapped[str] = mapped_column(String(20))
    run: Mapped[UUID | None]
    source: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


async def keep(session: AsyncSession, values: dict[str, Any]) -> None:
    """Record that an edge was refused; repeated reports of it change nothing."""
    await session.execute(insert(RefusedEdgeRow).values(values).on_conflict_do_nothing())


async def of(session: AsyncSession, child_id: UUID) -> Sequence[AnyRow]:
    """The refused parents of a model, oldest first."""
    query = (
        select(
            RefusedEdgeRow.parent_id.label("parent"),
            ModelRow.name,
            RefusedEdgeRow.relation,
            RefusedEdgeRow.role,
            RefusedEdgeRow.run,
            RefusedEdgeRow.reason,
            RefusedEdgeRow.created_at,
        )
        .join(ModelRow, ModelRow.id == RefusedEdgeRow.parent_id)
        .where(RefusedEdgeRow.child_id == child_id)
        .order_by(RefusedEdgeRow.id)
    )
    return (await session.execute(query)).all()
