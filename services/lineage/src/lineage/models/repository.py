"""Queries on models, their names and their revisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, collate, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.models.models import ModelNameRow, ModelRow, RevisionRow

_LOWER = func.lower(ModelRow.name)


def _lower(name: str) -> ColumnElement[str]:
    """The name as the index has it: only ASCII letters have case there."""
    return func.lower(collate(literal(name), "C"))


async def find(session: AsyncSession, model_id: UUID) -> ModelRow | None:
    return await session.get(ModelRow, model_id)


async def page(
    session: AsyncSession,
    *,
    name: str | None,
    prefix: str | None,
    after: tuple[Any, ...] | None,
    limit: int,
) -> Sequence[ModelRow]:
    """At most `limit` models by name, starting after `after`."""
    query = select(ModelRow).where(ModelRow.alias_of.is_(None)).order_by(_LOWER).limit(limit)
    if name is not None:
        query = query.where(_lower(name) == _LOWER)
    if prefix is not None:
        query = query.where(_LOWER.startswith(prefix.lower(), autoescape=True))
    if after is not None:
        query = query.where(_lower(after[0]) < _LOWER)
    return (await session.scalars(query)).all()


async def names(session: AsyncSession, model_id: UUID) -> Sequence[ModelNameRow]:
    query = select(ModelNameRow).where(ModelNameRow.model_id == model_id).order_by(ModelNameRow.id)
    return (await session.scalars(query)).all()


async def revisions(session: AsyncSession, model_id: UUID) -> Sequence[RevisionRow]:
    query = select(RevisionRow).where(RevisionRow.model_id == model_id)
    return (await session.scalars(query.order_by(RevisionRow.created_at, RevisionRow.id))).all()
