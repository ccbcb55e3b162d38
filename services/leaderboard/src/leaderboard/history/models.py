"""The table of places by day."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from leaderboard.boards.own.models import BoardName
from leaderboard.tables import Base


class RankDayRow(Base):
    """The places of some models at the end of a day: those whose ids share a `part`.

    `ranked` counts all models that had a place; `places` is of `leaderboard.history.packing`.
    """

    __tablename__ = "rank_days"

    board: Mapped[str] = mapped_column(BoardName, primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    ranked: Mapped[int]
    places: Mapped[bytes]
