"""The tables of recipes and versions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    String,
    Text,
    UniqueConstraint,
    desc,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from registry.base import Base


class RecipeRow(Base):
    """A recipe: its name, its description, and the number of its newest version.

    By its own `number`, the catalogue in memory knows it.
    """

    __tablename__ = "recipes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    owner: Mapped[str] = mapped_column(ForeignKey("accounts.handle"))
    visibility: Mapped[str] = mapped_column(String(10), server_default="public")
    name: Mapped[str] = mapped_column(String(100))
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    tags: Mapped[list[str]] = mapped_column(ARRAY(String(50)))
    domains: Mapped[list[str]] = mapped_column(ARRAY(String(50)))
    newest: Mapped[int]
    stars: Mapped[int] = mapped_column(server_default="0")
    comments: Mapped[int] = mapped_column(server_default="0")
    reproductions: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        CheckConstraint("visibility IN ('public', 'private')", "visibility"),
        UniqueConstraint("owner", "name"),
        Index("ix_recipes_name", "name"),
        Index("ix_recipes_created_at_id", desc("created_at"), desc("id")),
        Index("ix_recipes_tags", "tags", postgresql_using="gin"),
    )

    @property
    def private_to(self) -> str | None:
        """The account that a private recipe belongs to, else None."""
        return self.owner if self.visibility == "private" else None


class VersionRow(Base):
    """One immutable version: its text as published and its canonical form."""

    __tablename__ = "recipe_versions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    recipe_id: Mapped[UUID] = mapped_column(ForeignKey("recipes.id"))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(80), index=True)
    method: Mapped[str] = mapped_column(String(100))
    ingredients: Mapped[list[str]] = mapped_column(ARRAY(Text))
    source: Mapped[str] = mapped_column(Text)
    canonical: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (UniqueConstraint("recipe_id", "number"),)
