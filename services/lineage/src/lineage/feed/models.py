"""The tables of the feed: when each model last changed, and how far the log was read for that."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Sequence, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lineage.tables import Base

POSITIONS = Sequence("feed_positions", metadata=Base.metadata)


class PositionOfModelRow(Base):
    """A model by its number, at the place of its last change.

    `position` grows with each change, in the order in which changes commit: one transaction at a
    time gives positions.
    """

    __tablename__ = "model_positions"
    __table_args__ = (Index("ix_model_positions_position", "position", unique=True),)

    model: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger)


class FeedPlaceRow(Base):
    """How far the log of changes was read, in one row.

    - `horizon` and `applied` are those of `mergehub.kit.replica.log.Place`.
    - `filled`: models up to this number have positions from the time before the log was read; null
      if all have.
    """

    __tablename__ = "feed_place"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    horizon: Mapped[int] = mapped_column(BigInteger)
    applied: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    filled: Mapped[int | None] = mapped_column(BigInteger)
    read_at: Mapped[datetime] = mapped_column(server_default=func.now())
