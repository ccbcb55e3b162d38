"""Queries of the feed: each takes all models of a page at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, any_, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from lineage.edges.models import EdgeRow
from lineage.feed.models import PositionOfModelRow
from lineage.models.models import FlagRow, ModelNameRow, ModelRow
from mergehub.kit.database.database import AnyRow

_PARENT, _FIRST = aliased(ModelRow), aliased(ModelRow)


async def newest(session: AsyncSession) -> int:
    """The last position that was given; 0 if there is none."""
    return await session.scalar(select(func.max(PositionOfModelRow.position))) or 0


async def after(session: AsyncSession, position: int, limit: int) -> Sequence[AnyRow]:
    """At most `limit` models whose last change is after a position, in that order."""
    query = (
        select(
            PositionOfModelRow.position,
            ModelRow.id,
            ModelRow.number,
            ModelRow.name,
            ModelRow.architecture,
            ModelRow.parameters,
            ModelRow.licence,
            ModelRow.domains,
            ModelRow.made_on,
        )
        .join(ModelRow, ModelRow.number == PositionOfModelRow.model)
        .where(PositionOfModelRow.position > position)
        .order_by(PositionOfModelRow.position)
        .limit(limit)
    )
    return (await session.execute(query)).all()


async def former_names(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, list[str]]:
    """The names that models had, the oldest first."""
    query = select(ModelNameRow.model_id, ModelNameRow.name).where(ModelNameRow.model_id.in_(ids))
    return _grouped(await session.execute(query.order_by(ModelNameRow.id)))


async def flags(session: AsyncSession, numbers: Sequence[int]) -> Mapping[int, list[str]]:
    """The kinds of the flags that are set on models."""
    query = select(FlagRow.model, FlagRow.kind).where(_among(FlagRow.model, numbers))
    return _grouped(
        await session.execute(query.where(FlagRow.cleared_at.is_(None)).order_by(FlagRow.id))
    )


async def parents(session: AsyncSession, numbers: Sequence[int]) -> Mapping[int, list[AnyRow]]:
    """The edges to the parents of models; an alias stands for the model that it is one of."""
    query = (
        select(
            EdgeRow.child,
            func.coalesce(_FIRST.id, _PARENT.id).label("id"),
            func.coalesce(_FIRST.name, _PARENT.name).label("name"),
            EdgeRow.parent,
            EdgeRow.relation,
            EdgeRow.role,
            EdgeRow.method,
            EdgeRow.weight,
            EdgeRow.confidence,
        )
        .join(_PARENT, _PARENT.number == EdgeRow.parent)
        .join(_FIRST, _FIRST.id == _PARENT.alias_of, isouter=True)
        .where(_among(EdgeRow.child, numbers), EdgeRow.withdrawal.is_(None))
        .order_by(EdgeRow.id)
    )
    found: dict[int, list[AnyRow]] = defaultdict(list)
    for row in await session.execute(query):
        found[row.child].append(row)
    return found


def _among(column: Any, numbers: Sequence[int]) -> Any:
    return column == any_(literal(list(numbers), ARRAY(BigInteger)))  # more than a list may have


def _grouped(pairs: Iterable[AnyRow]) -> dict[Any, list[str]]:
    found: dict[Any, list[str]] = defaultdict(list)
    for key, text in pairs:
        found[key].append(text)
    return found
