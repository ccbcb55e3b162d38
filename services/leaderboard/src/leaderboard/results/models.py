"""The tables of results and of their item scores."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Double,
    ForeignKey,
    Identity,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from leaderboard.tables import Base

ModelName = String(500, collation="C")


class ResultRow(Base):
    """One score of one model. Ids grow with time, so the newest result has the highest.

    `binary`: every item is right (1) or wrong (0), so the score is a share of items.
    """

    __tablename__ = "results"
    __table_args__ = (
        UniqueConstraint("run", "benchmark_id"),
        Index(None, "model", "benchmark_id", "shots", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    model: Mapped[str] = mapped_column(ModelName)
    model_digest: Mapped[str] = mapped_column(String(200))
    benchmark_id: Mapped[int] = mapped_column(ForeignKey("benchmarks.id"), index=True)
    value: Mapped[float] = mapped_column(Double)
    stderr: Mapped[float] = mapped_column(Double)
    count: Mapped[int]
    shots: Mapped[int]
    binary: Mapped[bool] = mapped_column(Boolean)
    harness: Mapped[str] = mapped_column(Text)
    run: Mapped[UUID]
    source: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]


class ResultItemRow(Base):
    """The score of one item; the same hash is the same item in another model's result."""

    __tablename__ = "result_items"

    result_id: Mapped[int] = mapped_column(
        ForeignKey("results.id", ondelete="CASCADE"), primary_key=True
    )
    item: Mapped[str] = mapped_column(String(200, collation="C"), primary_key=True)
    score: Mapped[float] = mapped_column(Double)
