"""The tables of the release before. Triggers keep them current, so that it may come back.

Nothing of it is read but `result_items`, until a task has moved them to `fact_items`.
"""

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
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from leaderboard.tables import Base


class OldSpellingRow(Base):
    __tablename__ = "spellings"

    name: Mapped[str] = mapped_column(String(500, collation="C"), primary_key=True)

    __table_args__ = (Index("uq_spellings_lower_name", func.lower(name), unique=True),)


class OldBenchmarkRow(Base):
    __tablename__ = "benchmarks"
    __table_args__ = (UniqueConstraint("name", "version", "metric"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(String(100, collation="C"))
    version: Mapped[str] = mapped_column(String(200, collation="C"))
    metric: Mapped[str] = mapped_column(String(100, collation="C"))
    items: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class OldResultRow(Base):
    __tablename__ = "results"
    __table_args__ = (
        UniqueConstraint("run", "benchmark_id"),
        Index(None, "model", "benchmark_id", "shots", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    model: Mapped[str] = mapped_column(String(500, collation="C"))
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


class OldItemRow(Base):
    __tablename__ = "result_items"

    result_id: Mapped[int] = mapped_column(
        ForeignKey("results.id", ondelete="CASCADE"), primary_key=True
    )
    item: Mapped[str] = mapped_column(String(200, collation="C"), primary_key=True)
    score: Mapped[float] = mapped_column(Double)
