"""Queries on edges."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from sqlalchemy import BigInteger, cast, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import CTE

from lineage.edges.models import EdgeRow
from lineage.models.models import ModelRow, RevisionRow
from mergehub.kit.database.database import AnyRow

Direction = Literal["ancestors", "descendants"]


def _reach(start: int, direction: Direction) -> CTE:
    """`start` and all that is reached from it, each once, nearest first.

    UNION (not UNION ALL) drops models that were reached before, so that a ladder of diamonds takes
    linear time.
    """
    here, there = EdgeRow.child, EdgeRow.parent
    if direction == "descendants":
        here, there = there, here
    reached = select(cast(start, BigInteger).label("number")).cte("reached", recursive=True)
    return reached.union(select(there).join(reached, here == reached.c.number))


async def reached(
    session: AsyncSession, start: int, direction: Direction, limit: int
) -> Sequence[int]:
    """The `limit` nearest models from `start`, itself included.

    PostgreSQL evaluates a recursive query level by level and only as far as the LIMIT asks.
    """
    query = select(_reach(start, direction).c.number).limit(limit)
    return (await session.scalars(query)).all()


async def named(session: AsyncSession, numbers: Collection[int]) -> dict[int, AnyRow]:
    """The ids and names of models."""
    columns = select(ModelRow.number, ModelRow.id, ModelRow.name)
    rows = await session.execute(columns.where(ModelRow.number.in_(numbers)))
    return {row.number: row for row in rows}


async def edges_among(session: AsyncSession, numbers: Collection[int]) -> Sequence[AnyRow]:
    """Every edge with both ends in `numbers`, oldest first."""
    child, parent = aliased(RevisionRow), aliased(RevisionRow)
    query = (
        select(
            EdgeRow.child,
            EdgeRow.parent,
            child.digest.label("child_digest"),
            parent.digest.label("parent_digest"),
            EdgeRow.relation,
            EdgeRow.role,
            EdgeRow.method,
            EdgeRow.weight,
            EdgeRow.layers,
            EdgeRow.recipe_version,
            EdgeRow.run,
            EdgeRow.source,
        )
        .join(child, child.id == EdgeRow.child_revision, isouter=True)
        .join(parent, parent.id == EdgeRow.parent_revision, isouter=True)
        .where(EdgeRow.child.in_(numbers), EdgeRow.parent.in_(numbers))
        .order_by(EdgeRow.id)
    )
    return (await session.execute(query)).all()


async def popular(session: AsyncSession, role: str, limit: int) -> Sequence[ModelRow]:
    """The models that most merges used in this role."""
    count = ModelRow.base_count if role == "base" else ModelRow.ingredient_count
    query = select(ModelRow).where(count > 0).order_by(count.desc(), ModelRow.name).limit(limit)
    return (await session.scalars(query)).all()
