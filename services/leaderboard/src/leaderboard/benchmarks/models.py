"""The table of what is measured."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Identity, String, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from leaderboard.tables import Base

# Byte order: pages sort the same on every server.
BenchmarkName = String(100, collation="C")
Part = String(200, collation="C")


class MeasureRow(Base):
    """One metric of one version of a benchmark, or of a subtask of it; '' is the whole.

    `items` is the size of a full run, as the definition of the benchmark or the largest run that
    the hub's workers made says; null if no one knows.
    """

    __tablename__ = "measures"
    __table_args__ = (UniqueConstraint("name", "version", "subtask", "metric"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(BenchmarkName)
    version: Mapped[str] = mapped_column(Part)
    subtask: Mapped[str] = mapped_column(Part, server_default="")
    metric: Mapped[str] = mapped_column(String(100, collation="C"))
    items: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
