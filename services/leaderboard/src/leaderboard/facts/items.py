"""The tables of item scores: a set of items once, and of each fact only the scores."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import BigInteger, Identity, Integer, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from leaderboard.tables import Base


class ItemSetRow(Base):
    """The hashes of items that were scored together, sorted and compressed."""

    __tablename__ = "item_sets"
    __table_args__ = (UniqueConstraint("digest"),)

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    digest: Mapped[UUID]
    hashes: Mapped[bytes] = mapped_column(LargeBinary)


class FactItemsRow(Base):
    """The score of each item of a set, in the order of the set, compressed."""

    __tablename__ = "fact_items"

    fact_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    item_set_id: Mapped[int] = mapped_column(Integer)
    scores: Mapped[bytes] = mapped_column(LargeBinary)
