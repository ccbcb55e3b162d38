"""Queries on models, their names and their revisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, and_, collate, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.models.models import FlagRow, ModelNameRow, ModelRow, RevisionRow
from mergehub.contracts.lineage_names import composed

_LOWER = func.lower(ModelRow.name)


def _lower(name: str) -> ColumnElement[str]:
    """The name as the index has it: composed, and only ASCII letters have case there."""
    return func.lower(collate(literal(composed(name)), "C"))


def _once_named(name: str) -> ScalarSelect[UUID]:
    """The model that last had this name before."""
    same = func.lower(ModelNameRow.name) == _lower(name)
    newest = select(ModelNameRow.model_id).where(same).order_by(ModelNameRow.id.desc()).limit(1)
    return newest.scalar_subquery()


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
    """At most `limit` models by name, starting after `after`.

    A model that was renamed is found by its former name, unless that is another one's name now.
    """
    query = select(ModelRow).where(ModelRow.alias_of.is_(None)).order_by(_LOWER).limit(limit)
    if name is not None:
        is_now = _lower(name) == _LOWER
        named = select(ModelRow.id).where(ModelRow.alias_of.is_(None), is_now).exists()
        query = query.where(or_(is_now, and_(~named, ModelRow.id == _once_named(name))))
    if prefix is not None:
        query = query.where(_LOWER.startswith(composed(prefix).lower(), autoescape=True))
    if after is not None:
        query = query.where(_lower(after[0]) < _LOWER)
    return (await session.scalars(query)).all()


async def names(session: AsyncSession, model_id: UUID) -> Sequence[ModelNameRow]:
    query = select(ModelNameRow).where(ModelNameRow.model_id == model_id).order_by(ModelNameRow.id)
    return (await session.scalars(query)).all()


async def revisions(session: AsyncSession, model_id: UUID) -> Sequence[RevisionRow]:
    query = select(RevisionRow).where(RevisionRow.model_id == model_id)
    return (await session.scalars(query.order_by(RevisionRow.created_at, RevisionRow.id))).all()


async def locked(session: AsyncSession, model_id: UUID) -> ModelRow | None:
    """A model whose row no other transaction changes until this one ends."""
    return await session.get(ModelRow, model_id, with_for_update={"key_share": True})


async def flags(session: AsyncSession, number: int) -> Sequence[FlagRow]:
    query = select(FlagRow).where(FlagRow.model == number).order_by(FlagRow.id)
    return (await session.scalars(query)).all()


async def once_bearer(session: AsyncSession, name: str) -> ModelRow | None:
    """The model that last had this name before, in any case."""
    return await session.scalar(select(ModelRow).where(ModelRow.id == _once_named(name)))


async def bearer(session: AsyncSession, name: str) -> ModelRow | None:
    """The model that has this name now, in any case."""
    query = select(ModelRow).where(ModelRow.alias_of.is_(None), _lower(name) == _LOWER)
    return (await session.scalars(query)).one_or_none()
