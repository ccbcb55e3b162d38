"""The table of the scores that a board last had."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Double, Index, Sequence, String
from sqlalchemy.orm import Mapped, mapped_column

from leaderboard.facts.models import ModelName
from leaderboard.tables import Base

REVISIONS = Sequence("score_revisions", metadata=Base.metadata)


class ScoreRow(Base):
    """The score of a model on a board, from 0 to 100, and what it gained over its best parent.

    `revision` grows with each change, in the order in which changes commit: one transaction at a
    time makes them.
    """

    __tablename__ = "scores"
    __table_args__ = (Index("ix_scores_board_revision", "board", "revision", unique=True),)

    board: Mapped[str] = mapped_column(String(100, collation="C"), primary_key=True)
    model: Mapped[str] = mapped_column(ModelName, primary_key=True)
    score: Mapped[float | None] = mapped_column(Double)
    uplift: Mapped[float | None] = mapped_column(Double)
    revision: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[datetime]
