"""The tables of edges, of what else is said about them, and of changes."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Identity,
    SmallInteger,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from lineage.tables import Base
from mergehub.kit.replica.change_log import ChangeColumns


class Told:
    """What a source says about an edge; `run`, `recipe_version` and `method` say how it was made.

    `confidence` (0 to 100) is how far the source is trusted, and `evidence` where it said so.
    `role_stated`: it said whether the parent was the base or an ingredient.
    """

    relation: Mapped[str] = mapped_column(String(20))
    method: Mapped[str | None] = mapped_column(String(100))
    weight: Mapped[float | None] = mapped_column(Double)
    density: Mapped[float | None] = mapped_column(Double)
    layers: Mapped[list[tuple[int, int]] | None] = mapped_column(JSONB(none_as_null=True))
    recipe_version: Mapped[UUID | None]
    run: Mapped[UUID | None]
    source: Mapped[str] = mapped_column(String(60))
    confidence: Mapped[int] = mapped_column(SmallInteger)
    evidence: Mapped[str | None] = mapped_column(String(1000))
    made_on: Mapped[date | None]

    @declared_attr
    @classmethod
    def created_at(cls) -> Mapped[datetime]:
        return mapped_column(server_default=func.now())

    @declared_attr
    @classmethod
    def role_stated(cls) -> Mapped[bool]:
        return mapped_column(server_default=text("true"))


class EdgeRow(Told, Base):
    """A model (the child) came from another (the parent), by the strongest of the claims about it.

    The ends are numbers of models. A revision of an end is null if its content is unknown. No
    foreign key checks the ends: an edge is added in the transaction that finds or adds its models
    and revisions, and those are never deleted. No index leads from a parent to its children: the
    graph in memory answers that, and the index would double what it takes to add an edge.
    An edge with a `withdrawal` is in no answer.
    """

    __tablename__ = "edges"
    __table_args__ = (
        UniqueConstraint(
            "child",
            "parent",
            "child_revision",
            "parent_revision",
            "role",
            name="uq_edges_ends_role",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("child <> parent", name="no_loop"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    child: Mapped[int] = mapped_column(BigInteger)
    parent: Mapped[int] = mapped_column(BigInteger)
    child_revision: Mapped[UUID | None]
    parent_revision: Mapped[UUID | None]
    role: Mapped[str] = mapped_column(String(20))
    withdrawal: Mapped[int | None] = mapped_column(BigInteger)


class ClaimRow(Told, Base):
    """What another source says about an edge; one claim of each source."""

    __tablename__ = "claims"
    __table_args__ = (UniqueConstraint("edge_id", "source"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    edge_id: Mapped[int] = mapped_column(ForeignKey("edges.id"))


class RefusedEdgeRow(Base):
    """An edge that was reported and refused, because it would close a cycle."""

    __tablename__ = "refused_edges"
    __table_args__ = (UniqueConstraint("child", "parent", "relation", "role"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    child: Mapped[int] = mapped_column(ForeignKey("models.number"))
    parent: Mapped[int] = mapped_column(ForeignKey("models.number"))
    relation: Mapped[str] = mapped_column(String(20))
    role: Mapped[str] = mapped_column(String(20))
    run: Mapped[UUID | None]
    source: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class RefusedClaimRow(Told, Base):
    """What a source said about a refused edge, so that it can be learned when nothing refuses it.

    Edges that were refused before there was this table have none.
    """

    __tablename__ = "refused_claims"
    __table_args__ = (
        UniqueConstraint(
            "refused",
            "source",
            "child_digest",
            "parent_digest",
            name="uq_refused_claims_source",
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    refused: Mapped[int] = mapped_column(ForeignKey("refused_edges.id", ondelete="CASCADE"))
    child_digest: Mapped[str | None] = mapped_column(String(200))
    parent_digest: Mapped[str | None] = mapped_column(String(200))


class WithdrawalRow(Base):
    """A moderator's word that an edge is not true, and who restored it perhaps."""

    __tablename__ = "withdrawals"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    edge: Mapped[int] = mapped_column(ForeignKey("edges.id"))
    child: Mapped[int] = mapped_column(BigInteger, index=True)
    parent: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(1000))
    evidence: Mapped[str | None] = mapped_column(String(1000))
    withdrawn_by: Mapped[str] = mapped_column(String(200))
    withdrawn_at: Mapped[datetime] = mapped_column(server_default=func.now())
    restored_by: Mapped[str | None] = mapped_column(String(200))
    restored_at: Mapped[datetime | None]


class ChangeRow(ChangeColumns, Base):
    """The edges and models that a transaction added or changed, for the graphs in memory."""

    edges: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    models: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
