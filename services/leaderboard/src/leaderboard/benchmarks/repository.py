"""Queries on benchmarks."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.benchmarks.models import MeasureRow

_KEY = (MeasureRow.name, MeasureRow.version, MeasureRow.metric, MeasureRow.subtask)


def key(row: MeasureRow) -> tuple[str, str, str, str]:
    """What measures are sorted by."""
    return row.name, row.version, row.metric, row.subtask


async def page(
    session: AsyncSession, *, after: Sequence[str] | None, limit: int
) -> Sequence[MeasureRow]:
    """At most `limit` measures by name, version and metric, starting after `after`."""
    query = select(MeasureRow).order_by(*_KEY).limit(limit)
    if after is not None:
        query = query.where(tuple_(*_KEY) > tuple_(*after))
    return (await session.scalars(query)).all()


async def names_there(session: AsyncSession, names: Collection[str]) -> set[str]:
    """Those of the names that something was measured of."""
    query = select(MeasureRow.name).where(MeasureRow.name.in_(names)).distinct()
    return set(await session.scalars(query)) if names else set()
