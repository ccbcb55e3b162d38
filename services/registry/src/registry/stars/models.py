"""The table of stars."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, desc, func
from sqlalchemy.orm import Mapped, mapped_column

from registry.base import Base


class StarRow(Base):
    """An account's star on a recipe, whose row counts its stars."""

    __tablename__ = "stars"

    recipe_id: Mapped[UUID] = mapped_column(
        ForeignKey("recipes.id", ondelete="CASCADE"), primary_key=True
    )
    account: Mapped[str] = mapped_column(ForeignKey("accounts.handle"), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        Index("ix_stars_recipe_id_created_at", "recipe_id", desc("created_at"), "account"),
        Index("ix_stars_account_created_at", "account", desc("created_at"), desc("recipe_id")),
    )
