"""Queries on benchmarks."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.benchmarks.models import BenchmarkRow

_KEY = (BenchmarkRow.name, BenchmarkRow.version, BenchmarkRow.metric)


async def ensure(session: AsyncSession, name: str, version: str, metric: str, items: int) -> int:
    """Return the benchmark's id; a run with more items than known raises its size."""
    values = insert(BenchmarkRow).values(name=name, version=version, metric=metric, items=items)
    upsert = values.on_conflict_do_update(
        index_elements=_KEY,
        set_={"items": func.greatest(BenchmarkRow.items, values.excluded["items"])},
    )
    return (await session.scalars(upsert.returning(BenchmarkRow.id))).one()


async def page(
    session: AsyncSession, *, after: Sequence[str] | None, limit: int
) -> Sequence[BenchmarkRow]:
    """At most `limit` benchmarks by name, version and metric, starting after `after`."""
    query = select(BenchmarkRow).order_by(*_KEY).limit(limit)
    if after is not None:
        query = query.where(tuple_(*_KEY) > tuple_(*after))
    return (await session.scalars(query)).all()
