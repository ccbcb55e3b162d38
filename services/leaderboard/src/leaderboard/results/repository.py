"""Queries on results. They return columns, not entities, since boards read many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.benchmarks.models import BenchmarkRow
from leaderboard.results.models import ResultItemRow, ResultRow
from mergehub.kit.database.database import AnyRow


async def add(session: AsyncSession, values: Mapping[str, Any], items: Mapping[str, float]) -> None:
    """Store a result with its item scores, unless its run already reported this benchmark."""
    added = insert(ResultRow).values(values).on_conflict_do_nothing().returning(ResultRow.id)
    result_id = await session.scalar(added)
    if result_id is None:
        return
    if items:
        rows = [{"result_id": result_id, "item": item, "score": s} for item, s in items.items()]
        await session.execute(insert(ResultItemRow), rows)


def _described() -> Select[*tuple[Any, ...]]:
    return select(
        *(column for column in ResultRow.__table__.columns if column.name != "benchmark_id"),
        BenchmarkRow.name.label("benchmark"),
        BenchmarkRow.version,
        BenchmarkRow.metric,
        (ResultRow.count == BenchmarkRow.items).label("full"),
    ).join(BenchmarkRow, BenchmarkRow.id == ResultRow.benchmark_id)


async def page(
    session: AsyncSession,
    *,
    model: str | None,
    benchmark: str | None,
    before: tuple[Any, ...] | None,
    limit: int,
) -> Sequence[AnyRow]:
    """At most `limit` results, newest first, older than `before`."""
    query = _described().order_by(ResultRow.id.desc()).limit(limit)
    if model is not None:
        query = query.where(ResultRow.model == model)
    if benchmark is not None:
        query = query.where(BenchmarkRow.name == benchmark)
    if before is not None:
        query = query.where(ResultRow.id < before[0])
    return (await session.execute(query)).all()


async def newest_full(
    session: AsyncSession, models: Collection[str] | None = None
) -> Sequence[AnyRow]:
    """Each model's newest full result per setting; all models if `models` is None."""
    newest = (
        select(func.max(ResultRow.id))
        .join(BenchmarkRow, BenchmarkRow.id == ResultRow.benchmark_id)
        .where(ResultRow.count == BenchmarkRow.items)
        .group_by(ResultRow.model, ResultRow.benchmark_id, ResultRow.shots)
    )
    if models is not None:
        newest = newest.where(ResultRow.model.in_(models))
    return (await session.execute(_described().where(ResultRow.id.in_(newest)))).all()


async def items(session: AsyncSession, results: Collection[int]) -> dict[int, dict[str, float]]:
    """The item scores of some results, without those that have none."""
    query = select(ResultItemRow.result_id, ResultItemRow.item, ResultItemRow.score)
    found: dict[int, dict[str, float]] = defaultdict(dict)
    for result_id, item, score in await session.execute(
        query.where(ResultItemRow.result_id.in_(results))
    ):
        found[result_id][item] = score
    return dict(found)
