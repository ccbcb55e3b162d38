"""The table of benchmarks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Identity, String, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from leaderboard.tables import Base

# Byte order: pages sort the same on every server.
BenchmarkName = String(100, collation="C")


class BenchmarkRow(Base):
    """One metric of one version of a benchmark; `items` is the size of a full run."""

    __tablename__ = "benchmarks"
    __table_args__ = (UniqueConstraint("name", "version", "metric"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(BenchmarkName)
    version: Mapped[str] = mapped_column(String(200, collation="C"))
    metric: Mapped[str] = mapped_column(String(100, collation="C"))
    items: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
