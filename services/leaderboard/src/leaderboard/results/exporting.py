"""Results as a file: read from the tables and written piece by piece."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from fastapi.concurrency import iterate_in_threadpool
from sqlalchemy import Row, Select
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.facts.models import FactRow, OriginRow, VariantRow
from leaderboard.results import repository
from leaderboard.results.repository import Wanted
from mergehub.contracts.results import ResultRow
from mergehub.kit.database.database import Database
from mergehub.result_files.writing import written

BY_EVALUATION = (
    VariantRow.model_id, FactRow.variant_id, OriginRow.harness, OriginRow.harness_version,
    FactRow.setting_id, FactRow.id,
)  # fmt: skip
"""What formats with a record for each evaluation of a model have in one record is together."""
AT_ONCE = 1000
PIECE = 1 << 16  # characters

_MAYBE = ("revision", "precision", "subtask", "version", "harness", "harness_version")


async def stream(database: Database, wanted: Wanted, format: str) -> AsyncIterator[str]:
    """The text of a file of results, model by model. No more than some rows are held at once."""
    async with database.apart() as connection, AsyncSession(connection) as session:
        query = await by_model(session, wanted)
        found = await connection.stream(query.execution_options(yield_per=AT_ONCE))
        parts = aiter(found.partitions())
        async for piece in iterate_in_threadpool(_pieces(_rows(parts), format)):
            yield piece


async def by_model(session: AsyncSession, wanted: Wanted) -> Select[*tuple[Any, ...]]:
    """The query of the results that are wanted, model by model."""
    conditions = await repository.conditions(session, wanted)
    return repository.described().where(*conditions).order_by(*BY_EVALUATION)


def _rows(parts: AsyncIterator[Any]) -> Iterator[ResultRow]:
    """The rows, for a thread to iterate over; the loop that calls this reads them."""
    loop = asyncio.get_running_loop()

    async def following() -> Sequence[Any]:
        async for part in parts:
            return list(part)
        return []

    def iterate() -> Iterator[ResultRow]:
        while part := asyncio.run_coroutine_threadsafe(following(), loop).result():
            yield from map(row_of, part)

    return iterate()


def _pieces(rows: Iterator[ResultRow], format: str) -> Iterator[str]:
    """The text in pieces of a good size to send."""
    held: list[str] = []
    size = 0
    for text in written(rows, format):
        held.append(text)
        size += len(text)
        if size >= PIECE:
            yield "".join(held)
            held, size = [], 0
    yield "".join(held)


def row_of(row: Row[Any]) -> ResultRow:
    """The row that would be imported as this result."""
    of = row._mapping
    return ResultRow(
        model=row.model,
        benchmark=row.benchmark,
        metric=row.metric,
        value=row.value,
        stderr=row.stderr,
        count=of["count"] or None,
        of=row.items,
        limited=row.limited,
        shots=row.shots,
        chat_template=row.chat_template,
        task_hash=row.task_hash,
        seed=row.seed,
        evaluated_on=None if row.evaluated_at is None else row.evaluated_at.date(),
        **{name: of[name] or None for name in _MAYBE},
    )
