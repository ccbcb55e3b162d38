"""Queries on comments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from registry.comments.models import CommentRow


async def last(session: AsyncSession, recipe_id: UUID) -> int:
    """The highest number of a comment on a recipe, removed or not."""
    mine = select(func.max(CommentRow.number)).where(CommentRow.recipe_id == recipe_id)
    return await session.scalar(mine) or 0


async def find(session: AsyncSession, recipe_id: UUID, number: int) -> CommentRow | None:
    """The comment of a number, removed or not."""
    return await session.get(CommentRow, (recipe_id, number))


async def is_shown(session: AsyncSession, row: CommentRow) -> bool:
    """Whether a comment is in the list: it was not removed, or it has answers."""
    return row.removed_at is None or bool(await session.scalar(select(_answered(row))))


async def page(
    session: AsyncSession, recipe_id: UUID, after: tuple[Any, ...] | None, limit: int
) -> Sequence[CommentRow]:
    """The comments on a recipe thread by thread; a removed one only if it has answers."""
    shown = or_(CommentRow.removed_at.is_(None), _answered(CommentRow))
    query = select(CommentRow).where(CommentRow.recipe_id == recipe_id, shown)
    if after is not None:
        query = query.where(tuple_(CommentRow.thread, CommentRow.number) > after)
    ordered = query.order_by(CommentRow.thread, CommentRow.number).limit(limit)
    return (await session.scalars(ordered)).all()


def _answered(comment: Any) -> Any:
    """Whether a comment has an answer that was not removed."""
    answer = aliased(CommentRow)
    return exists().where(
        answer.recipe_id == comment.recipe_id,
        answer.thread == comment.number,
        answer.number > comment.number,
        answer.removed_at.is_(None),
    )
