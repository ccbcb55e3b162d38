"""Which models merges use most."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from lineage.graph import repository, schemas
from lineage.models.schemas import Model


async def popular(session: AsyncSession, role: str, limit: int) -> schemas.PopularModels:
    rows = await repository.popular(session, role, limit)
    return schemas.PopularModels(items=[Model.model_validate(row) for row in rows])
