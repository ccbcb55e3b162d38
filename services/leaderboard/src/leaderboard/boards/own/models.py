"""The table of boards that people made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leaderboard.tables import Base

BoardName = String(200, collation="C")


class OwnBoardRow(Base):
    """A board of an account: its name is the owner's handle, a tilde, and a name of its own.

    `rules` are those of `leaderboard.boards.definition`; `version` grows with each change.
    """

    __tablename__ = "boards"

    name: Mapped[str] = mapped_column(BoardName, primary_key=True)
    owner: Mapped[str] = mapped_column(String(100, collation="C"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(String(1000))
    domains: Mapped[list[str]] = mapped_column(ARRAY(String(60)))
    rules: Mapped[dict[str, Any]] = mapped_column(JSONB)
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
