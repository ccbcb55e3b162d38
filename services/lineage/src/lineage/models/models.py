"""The tables of models, their names and their revisions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Identity, Index, String, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from lineage.tables import Base

NAME_LENGTH = 500
# Byte order: pages and prefixes sort the same on every server, and an index serves both.
Name = String(NAME_LENGTH, collation="C")


class ModelRow(Base):
    """A model by its opaque id; `name` is its current name, in its first spelling.

    Names are compared without case. They once were compared with case: of models whose names
    differ only in case, all but the first are `alias_of` the first. They keep their edges; new
    edges go to the first. The counters count distinct children, and change in the transaction
    that adds the edge.
    """

    __tablename__ = "models"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    name: Mapped[str] = mapped_column(Name, unique=True)
    children_count: Mapped[int] = mapped_column(server_default=text("0"))
    base_count: Mapped[int] = mapped_column(server_default=text("0"), index=True)
    ingredient_count: Mapped[int] = mapped_column(server_default=text("0"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    alias_of: Mapped[UUID | None] = mapped_column(ForeignKey("models.id"))

    __table_args__ = (
        Index(
            "uq_models_lower_name",
            func.lower(name),
            unique=True,
            postgresql_where=text("alias_of IS NULL"),
        ),
    )


class ModelNameRow(Base):
    """A name that a model has or had, and since when."""

    __tablename__ = "model_names"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    model_id: Mapped[UUID] = mapped_column(ForeignKey("models.id"), index=True)
    name: Mapped[str] = mapped_column(Name)
    since: Mapped[datetime] = mapped_column(server_default=func.now())


class RevisionRow(Base):
    """One content of a model; the revision without a digest stands for an unknown content."""

    __tablename__ = "revisions"
    __table_args__ = (
        UniqueConstraint("model_id", "digest", postgresql_nulls_not_distinct=True),
        UniqueConstraint("id", "model_id"),  # the target of an edge's foreign key
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    model_id: Mapped[UUID] = mapped_column(ForeignKey("models.id"))
    digest: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
