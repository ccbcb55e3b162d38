"""The tables of recipes, of their versions and former names, and of forks."""

from __future__ import annotations

from datetime import datetime
from typing import Any
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
    false,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from registry.accounts.access import Visibility
from registry.base import Base


class RecipeRow(Base):
    """A recipe: its name, its description, and the number of its newest version.

    By its own `number`, the catalogue in memory knows it. An unlisted recipe is private and
    `unlisted`: what does not know of unlisted recipes treats it as private. `forks` counts the
    public forks that are not archived.
    """

    __tablename__ = "recipes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    owner: Mapped[str] = mapped_column(ForeignKey("accounts.handle"))
    visibility: Mapped[str] = mapped_column(String(10), server_default="public")
    unlisted: Mapped[bool] = mapped_column(server_default=false())
    name: Mapped[str] = mapped_column(String(100))
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    tags: Mapped[list[str]] = mapped_column(ARRAY(String(50)))
    domains: Mapped[list[str]] = mapped_column(ARRAY(String(50)))
    licence: Mapped[str | None] = mapped_column(String(100))
    forks: Mapped[int] = mapped_column(server_default="0")
    archived_at: Mapped[datetime | None]
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

    @property
    def seen_as(self) -> Visibility:
        """The visibility as answers give it."""
        return self.seen(self.visibility, self.unlisted)

    @staticmethod
    def seen(visibility: str, unlisted: bool) -> Visibility:
        """The visibility of these two columns as answers give it."""
        if visibility == "public":
            return "public"
        return "unlisted" if unlisted else "private"

    @staticmethod
    def columns_of(visibility: Visibility) -> dict[str, Any]:
        """The columns that make a recipe public, unlisted or private."""
        return {
            "visibility": "public" if visibility == "public" else "private",
            "unlisted": visibility == "unlisted",
        }

    @property
    def counts_as_fork(self) -> bool:
        """Whether its origin counts it."""
        return self.visibility == "public" and self.archived_at is None


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


class FormerNameRow(Base):
    """A name that a recipe had. Another recipe of its owner cannot take it."""

    __tablename__ = "recipe_names"

    owner: Mapped[str] = mapped_column(String(100), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    recipe_id: Mapped[UUID] = mapped_column(
        ForeignKey("recipes.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ForkRow(Base):
    """The version that a recipe was forked from; it may be deleted since."""

    __tablename__ = "recipe_forks"

    recipe_id: Mapped[UUID] = mapped_column(
        ForeignKey("recipes.id", ondelete="CASCADE"), primary_key=True
    )
    origin_id: Mapped[UUID] = mapped_column(index=True)
    version_id: Mapped[UUID]
