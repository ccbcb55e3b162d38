"""Queries on results: columns, not entities, since boards read many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.benchmarks.models import Benchmark
from leaderboard.results.models import Result, ResultItem
from mergehub.kit.database.database import AnyRow


async def add(session: AsyncSession, values: Mapping[str, Any], items: Mapping[str, float]) -> None:
    """Keep a result with its item scores, unless its run already told of this benchmark."""
    added = insert(Result).values(values).on_conflict_do_nothing().returning(Result.id)
    result_id = await session.scalar(added)
    if result_id is None:
        return
    if items:
        rows = [{"result_id": result_id, "item": item, "score": s} for item, s in items.items()]
        await session.execute(insert(ResultItem), rows)


def _described() -> Select[*tuple[Any, ...]]:
    return select(
        *(column for column in Result.__table__.columns if column.name != "benchmark_id"),
        Benchmark.name.label("benchmark"),
        Benchmark.version,
        Benchmark.metric,
        (Result.count == Benchmark.items).label("full"),
    ).join(Benchmark, Benchmark.id == Result.benchmark_id)


async def page(
    session: AsyncSession,
    *,
    model: str | None,
    benchmark: str | None,
    before: tuple[Any, ...] | None,
    limit: int,
) -> Sequence[AnyRow]:
    """At most `limit` results, the newest first, older than `before`."""
    query = _described().order_by(Result.id.desc()).limit(limit)
    if model is not None:
        query = query.where(Result.model == model)
    if benchmark is not None:
        query = query.where(Benchmark.name == benchmark)
    if before is not None:
        query = query.where(Result.id < before[0])
    return (await session.execute(query)).all()


async def newest_full(
    session: AsyncSession, models: Collection[str] | None = None
) -> Sequence[AnyRow]:
    """Each model's newest full result per setting; of all models where `models` is None."""
    newest = (
        select(func.max(Result.id))
        .join(Benchmark, Benchmark.id == Result.benchmark_id)
        .where(Result.count == Benchmark.items)
        .group_by(Result.model, Result.benchmark_id, Result.shots)
    )
    if models is not None:
        newest = newest.where(Result.model.in_(models))
    return (await session.execute(_described().where(Result.id.in_(newest)))).all()


async def items(session: AsyncSession, results: Collection[int]) -> dict[int, dict[str, float]]:
    """The item scores of some results; those without any are left out."""
    query = select(ResultItem.result_id, ResultItem.item, ResultItem.score)
    found: dict[int, dict[str, float]] = defaultdict(dict)
    for result_id, item, score in await session.execute(
        query.where(ResultItem.result_id.in_(results))
    ):
        found[result_id][item] = score
    return dict(found)
