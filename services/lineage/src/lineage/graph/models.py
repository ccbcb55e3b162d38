"""The table of edges."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKeyConstraint,
    Identity,
    Index,
    String,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lineage.tables import Base


class EdgeRow(Base):
    """A revision (the child) came from another (the parent): how, and which event reported it.

    The row also keeps the models of both ends, since walks go from model to model. The foreign
    keys ensure that each revision belongs to its model.
    """

    __tablename__ = "edges"
    __table_args__ = (
        UniqueConstraint("child_revision_id", "parent_revision_id", "relation", "role"),
        ForeignKeyConstraint(
            ["child_revision_id", "child_id"], ["revisions.id", "revisions.model_id"]
        ),
        ForeignKeyConstraint(
            ["parent_revision_id", "parent_id"], ["revisions.id", "revisions.model_id"]
        ),
        CheckConstraint("child_id <> parent_id", name="no_loop"),
        Index(None, "child_id", "parent_id"),
        Index(None, "parent_id", "child_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    child_id: Mapped[UUID]
    child_revision_id: Mapped[UUID]
    parent_id: Mapped[UUID]
    parent_revision_id: Mapped[UUID]
    relation: Mapped[str] = mapped_column(String(20))
    role: Mapped[str] = mapped_column(String(20))
    method: Mapped[str | None] = mapped_column(String(100))
    weight: Mapped[float | None] = mapped_column(Double)
    layers: Mapped[list[tuple[int, int]] | None] = mapped_column(JSONB(none_as_null=True))
    recipe_version: Mapped[UUID | None]
    run: Mapped[UUID | None]
    source: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
