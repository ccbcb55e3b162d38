"""Queries on what is measured."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.benchmarks.models import MeasureRow


async def names(session: AsyncSession) -> set[str]:
    """The names of all benchmarks that something was measured of."""
    return set(await session.scalars(select(MeasureRow.name).distinct()))


async def names_there(session: AsyncSession, asked: Collection[str]) -> set[str]:
    """Those of the names that something was measured of."""
    query = select(MeasureRow.name).where(MeasureRow.name.in_(asked)).distinct()
    return set(await session.scalars(query)) if asked else set()


async def measures(session: AsyncSession, of: Collection[str]) -> Sequence[MeasureRow]:
    """What was measured of whole benchmarks, by name, version and metric."""
    key = (MeasureRow.name, MeasureRow.version, MeasureRow.metric)
    query = select(MeasureRow).where(MeasureRow.name.in_(of), MeasureRow.subtask == "")
    return (await session.scalars(query.order_by(*key))).all()
