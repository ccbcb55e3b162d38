"""The table of comments."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from registry.base import Base


class CommentRow(Base):
    """A comment on a recipe, whose row counts those that are not removed.

    Comments of a recipe are numbered from 1. A thread has the number of its first comment, which
    is the `parent` of all others. A removed comment keeps its number and loses its text.
    """

    __tablename__ = "comments"

    recipe_id: Mapped[UUID] = mapped_column(
        ForeignKey("recipes.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    thread: Mapped[int]
    parent: Mapped[int | None]
    author: Mapped[str] = mapped_column(ForeignKey("accounts.handle"))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    edited_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[str | None] = mapped_column(String(10))

    __table_args__ = (
        ForeignKeyConstraint(
            ["recipe_id", "parent"],
            ["comments.recipe_id", "comments.number"],
            name="fk_comments_parent",
            ondelete="CASCADE",
        ),
        CheckConstraint("thread = coalesce(parent, number)", "thread"),
        CheckConstraint("removed_by IN ('author', 'moderator')", "removed_by"),
        CheckConstraint("(removed_at IS NULL) = (removed_by IS NULL)", "removed"),
        Index("ix_comments_recipe_id_thread_number", "recipe_id", "thread", "number"),
        Index("ix_comments_author_created_at", "author", "created_at"),
    )
