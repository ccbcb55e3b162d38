"""Queries on the most used models."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.models.models import ModelRow


async def popular(session: AsyncSession, role: str, limit: int) -> Sequence[ModelRow]:
    """The models that most merges used in this role."""
    count = ModelRow.base_count if role == "base" else ModelRow.ingredient_count
    query = select(ModelRow).where(count > 0).order_by(count.desc(), ModelRow.name).limit(limit)
    return (await session.scalars(query)).all()
