"""The newest facts that a filter leaves, merged from parts that an index has in that order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, cast, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.facts.models import FactRow

GROWTH = 4
MOST_AT_ONCE = 2000


Parts = Mapping[str, Sequence[int]]
"""The values that some columns of facts may have. Facts with one value of each are a part, and an
index of these columns has them in the order of ids."""


async def newest_of_parts(
    session: AsyncSession,
    parts: Parts,
    asked: Sequence[ColumnElement[bool]],
    before: int | None,
    limit: int,
    *,
    few: bool = False,
) -> list[int]:
    """At most `limit` ids of facts, newest first, of lower ids than `before`.

    The parts give candidates from their index alone. Only these are asked for all else, above all
    whether they are current, which is a look into another index for each. If a filter leaves few,
    more candidates follow; `few`: one is known to, so that more are asked for at once.
    """
    found: list[int] = []
    at_once = GROWTH * limit if few else limit
    while True:
        candidates = (await session.scalars(_candidates(parts, before, at_once))).all()
        query = select(FactRow.id).where(FactRow.id.in_(candidates), *asked)
        found += await session.scalars(query.order_by(FactRow.id.desc()))
        if len(found) >= limit or len(candidates) < at_once:
            return found[:limit]
        before, at_once = candidates[-1], min(GROWTH * at_once, MOST_AT_ONCE)


def older_than(before: int | None) -> list[ColumnElement[bool]]:
    """The condition that leaves only ids below this one, if there is one."""
    return [] if before is None else [FactRow.id < before]


def _candidates(parts: Parts, before: int | None, limit: int) -> Select[int]:
    """The newest of the newest of each part."""
    tables = {column: _values(ids, f"some_{column}") for column, ids in parts.items()}
    of_part = [getattr(FactRow, column) == table.c.id for column, table in tables.items()]
    query = select(FactRow.id).where(*of_part, *older_than(before))
    newest = query.order_by(FactRow.id.desc()).limit(limit).lateral("newest")
    every = reduce(lambda one, other: one.join(other, true()), [*tables.values(), newest])
    found = select(newest.c.id).select_from(every)
    return found.order_by(newest.c.id.desc()).limit(limit)


def _values(values: Sequence[int], name: str) -> Any:
    """Some numbers as a table with a column `id`."""
    numbers = func.unnest(cast(values, ARRAY(Integer)))
    return numbers.table_valued("id", name=name).render_derived()
