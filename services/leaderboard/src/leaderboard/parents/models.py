"""The table of parents."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Double, String
from sqlalchemy.orm import Mapped, mapped_column

from leaderboard.facts.models import ModelName
from leaderboard.tables import Base


class ParentRow(Base):
    """A parent of a model, by the newest event that reports a model of this name."""

    __tablename__ = "parents"

    model: Mapped[str] = mapped_column(ModelName, primary_key=True)
    parent: Mapped[str] = mapped_column(ModelName, primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)
    relation: Mapped[str] = mapped_column(String(20))
    weight: Mapped[float | None] = mapped_column(Double)
    method: Mapped[str | None] = mapped_column(String(100))
    run: Mapped[UUID]
