"""The tables of models, their names and their revisions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Identity,
    Index,
    String,
    UniqueConstraint,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, column_property, mapped_column

from lineage.tables import Base

NAME_LENGTH = 500
# Byte order: pages and prefixes sort the same on every server, and an index serves both.
Name = String(NAME_LENGTH, collation="C")


class CounterRow(Base):
    """How many children a model has, and how many merges used it in each role.

    They count distinct children, and change in the transaction that adds the edge. An import
    changes counters all over the table, so rows are narrow: many fit in a page. Without a row,
    all are 0. What earlier versions counted is in the rows of models, and is added.
    """

    __tablename__ = "model_counters"
    __table_args__ = ({"postgresql_with": {"fillfactor": 70}},)  # new counts stay on their page

    model: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    children: Mapped[int]
    as_base: Mapped[int]
    as_ingredient: Mapped[int]


def _since(model: Any, counter: Any) -> Any:
    """What was counted of a model since there are rows of counters."""
    found = select(counter).where(CounterRow.model == model).correlate_except(CounterRow)
    return func.coalesce(found.scalar_subquery(), 0)


class ModelRow(Base):
    """A model by its opaque id; `name` is its current name, in its first spelling.

    Names are compared without case. They once were compared with case: of models whose names
    differ only in case, all but the first are `alias_of` the first. They keep their edges; new
    edges go to the first. The columns of `counted_…` are what earlier versions counted.

    Edges refer to the `number`, since eight bytes do for millions of models. The `rank` is a place
    in an order of all models in which each parent comes before its children. `source` is where the
    facts (architecture and so on) were learned, and `made_on` when the model was published.
    """

    __tablename__ = "models"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    name: Mapped[str] = mapped_column(Name, unique=True)
    number: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    rank: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    counted_children: Mapped[int] = mapped_column("children_count", server_default=text("0"))
    counted_as_base: Mapped[int] = mapped_column("base_count", server_default=text("0"))
    counted_as_ingredient: Mapped[int] = mapped_column("ingredient_count", server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    alias_of: Mapped[UUID | None] = mapped_column(ForeignKey("models.id"))
    named_at: Mapped[datetime] = mapped_column(server_default=func.now())
    architecture: Mapped[str | None] = mapped_column(String(100))
    parameters: Mapped[int | None] = mapped_column(BigInteger)
    tokenizer: Mapped[str | None] = mapped_column(String(500))
    licence: Mapped[str | None] = mapped_column(String(100))
    domains: Mapped[list[str]] = mapped_column(ARRAY(String(60)), server_default=text("'{}'"))
    source: Mapped[str | None] = mapped_column(String(60))
    made_on: Mapped[date | None]

    children_count: Mapped[int] = column_property(
        counted_children + _since(number, CounterRow.children)
    )
    base_count: Mapped[int] = column_property(counted_as_base + _since(number, CounterRow.as_base))
    ingredient_count: Mapped[int] = column_property(
        counted_as_ingredient + _since(number, CounterRow.as_ingredient)
    )

    __table_args__ = (
        Index(
            "uq_models_lower_name",
            func.lower(name),
            unique=True,
            postgresql_where=text("alias_of IS NULL"),
        ),
        {"postgresql_with": {"fillfactor": 85}},  # room for new counters on the same page
    )


class ModelNameRow(Base):
    """A name that a model had, or another spelling of it, and since when."""

    __tablename__ = "model_names"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    model_id: Mapped[UUID] = mapped_column(ForeignKey("models.id"), index=True)
    name: Mapped[str] = mapped_column(Name)
    since: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index("ix_model_names_lower_name", func.lower(name)),)


class RevisionRow(Base):
    """One content of a model, by its digest."""

    __tablename__ = "revisions"
    __table_args__ = (UniqueConstraint("model_id", "digest"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    model_id: Mapped[UUID] = mapped_column(ForeignKey("models.id"))
    digest: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class FlagRow(Base):
    """A warning about a model that a moderator set, and may have cleared."""

    __tablename__ = "flags"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    model: Mapped[int] = mapped_column(ForeignKey("models.number"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(1000))
    evidence: Mapped[str | None] = mapped_column(String(1000))
    set_by: Mapped[str] = mapped_column(String(200))
    set_at: Mapped[datetime] = mapped_column(server_default=func.now())
    cleared_by: Mapped[str | None] = mapped_column(String(200))
    cleared_at: Mapped[datetime | None]
