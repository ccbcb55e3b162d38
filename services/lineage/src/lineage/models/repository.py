"""Queries on models, their names and their revisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, and_, collate, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.models.models import FlagRow, ModelNameRow, ModelRow, RevisionRow
from mergehub.contracts.lineage_names import composed
from mergehub.kit.database.database import AnyRow

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
    if after is not None:
        query = query.where(_lower(after[0]) < _LOWER)
    return (await session.scalars(query)).all()


async def numbered(session: AsyncSession, numbers: Sequence[int]) -> Mapping[int, ModelRow]:
    """The models with these numbers, without those that are aliases of others."""
    query = select(ModelRow).where(ModelRow.number.in_(numbers), ModelRow.alias_of.is_(None))
    return {row.number: row for row in await session.scalars(query)}


async def once_named_with(
    session: AsyncSession, words: Sequence[str], limit: int
) -> Sequence[AnyRow]:
    """The models with a former name that has all of some words: number and name, newest first."""
    lower = func.lower(ModelNameRow.name)
    query = (
        select(ModelRow.number, ModelNameRow.name)
        .join(ModelRow, ModelRow.id == ModelNameRow.model_id)
        .where(*(lower.contains(word, autoescape=True) for word in words))
        .order_by(ModelNameRow.id.desc())
        .limit(limit)
    )
    return (await session.execute(query)).all()


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
