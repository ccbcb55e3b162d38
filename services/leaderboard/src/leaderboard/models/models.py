"""The tables of what lineage says of models, by the ids of `models`, of which none is deleted."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, Double, Index, SmallInteger, String, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from leaderboard.tables import Base


class ModelFactsRow(Base):
    """What lineage said last of a model; `position` is the change's place in lineage's feed.

    Two rows may have the same `lineage_id`: results came under two names before lineage said that
    one model had both. Their results stay apart.
    """

    __tablename__ = "model_facts"

    model_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    lineage_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(20))
    method: Mapped[str | None] = mapped_column(String(100))
    architecture: Mapped[str | None] = mapped_column(String(100))
    family: Mapped[str | None] = mapped_column(String(100))
    parameters: Mapped[int | None] = mapped_column(BigInteger)
    licence: Mapped[str | None] = mapped_column(String(100))
    domains: Mapped[list[str]] = mapped_column(ARRAY(String(60)))
    flags: Mapped[list[str]] = mapped_column(ARRAY(String(40)))
    made_on: Mapped[date | None]
    position: Mapped[int] = mapped_column(BigInteger)


class ModelParentRow(Base):
    """A parent of a model, as lineage says; those that count most have the lowest `place`."""

    __tablename__ = "model_parents"

    model_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    parent_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)
    place: Mapped[int] = mapped_column(SmallInteger)
    relation: Mapped[str] = mapped_column(String(20))
    method: Mapped[str | None] = mapped_column(String(100))
    weight: Mapped[float | None] = mapped_column(Double)


class ModelClaimsRow(Base):
    """What imports claim of a model, where `model_facts` does not say; see `models.claims`."""

    __tablename__ = "model_claims"

    model_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    family: Mapped[str | None] = mapped_column(String(100))
    parameters: Mapped[int | None] = mapped_column(BigInteger)
    licence: Mapped[str | None] = mapped_column(String(100))


class FormerNameRow(Base):
    """A name that a model had. A result that comes under it is the model's."""

    __tablename__ = "former_names"

    name: Mapped[str] = mapped_column(String(500, collation="C"), primary_key=True)
    model_id: Mapped[int] = mapped_column(BigInteger, index=True)

    __table_args__ = (Index("uq_former_names_lower_name", func.lower(name), unique=True),)


class LineagePlaceRow(Base):
    """How far lineage's feed was read, in one row."""

    __tablename__ = "lineage_place"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger)
