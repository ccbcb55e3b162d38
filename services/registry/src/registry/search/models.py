"""The table of what a search knows of recipes' content, so that it is read once."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, SmallInteger, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from registry.base import Base

FORM = 2
"""Rises whenever `described` sees something else in a recipe: rows of before are made again."""


class FeaturesRow(Base):
    """The features of a recipe's version; housekeeping makes it for the newest one."""

    __tablename__ = "recipe_features"

    recipe_id: Mapped[UUID] = mapped_column(
        ForeignKey("recipes.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int]
    form: Mapped[int] = mapped_column(SmallInteger)
    methods: Mapped[list[str]] = mapped_column(ARRAY(Text))
    base: Mapped[str | None] = mapped_column(Text)
    ingredients: Mapped[list[str]] = mapped_column(ARRAY(Text))
    parameters: Mapped[dict[str, list[float]]] = mapped_column(JSONB)
    count: Mapped[int]
    shape: Mapped[str] = mapped_column(Text)
