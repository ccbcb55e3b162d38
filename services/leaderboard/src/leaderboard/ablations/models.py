"""The table of ablations."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, Text, desc
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leaderboard.tables import Base


class AblationRow(Base):
    """One ablation. `report` has its candidates with their comparisons, as answers show them.

    They are computed once: item scores of candidates are kept by the registry alone.
    """

    __tablename__ = "ablations"

    run: Mapped[UUID] = mapped_column(primary_key=True)
    model: Mapped[str | None] = mapped_column(String(500, collation="C"))
    recipe_digest: Mapped[str] = mapped_column(String(200))
    method: Mapped[str] = mapped_column(String(100))
    harness: Mapped[str] = mapped_column(Text)
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_ablations_created_at_run", desc("created_at"), desc("run")),
        Index("ix_ablations_model", "model", desc("created_at")),
        Index("ix_ablations_recipe_digest", "recipe_digest", desc("created_at")),
    )
