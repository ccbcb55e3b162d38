"""The newest facts that a filter leaves, merged from parts that an index has in that order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, reduce
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, Select, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.facts.models import FactRow

GROWTH = 4
MOST_AT_ONCE = 2000
MOST = 2**63 - 1


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
        values = {**parts, "before": before, "most": at_once}
        candidates = (await session.scalars(_candidates(*parts), values)).all()
        query = select(FactRow.id).where(FactRow.id == any_of("candidates"), *asked)
        query = query.order_by(FactRow.id.desc())
        found += await session.scalars(query, {"candidates": candidates})
        if len(found) >= limit or len(candidates) < at_once:
            return found[:limit]
        before, at_once = candidates[-1], min(GROWTH * at_once, MOST_AT_ONCE)


def older_than(before: int | None) -> list[ColumnElement[bool]]:
    """The condition that leaves only ids below this one, if there is one."""
    return [] if before is None else [FactRow.id < before]


@cache
def _candidates(*columns: str) -> Select[int]:
    """The `most` newest of the newest of each part `before` one, by the values of these columns."""
    tables = {column: _values(column) for column in columns}
    of_part = [getattr(FactRow, column) == table.c.id for column, table in tables.items()]
    most, before = bindparam("most", type_=Integer), bindparam("before", type_=BigInteger)
    query = select(FactRow.id).where(*of_part, FactRow.id < func.coalesce(before, MOST))
    newest = query.order_by(FactRow.id.desc()).limit(most).lateral("newest")
    every = reduce(lambda one, other: one.join(other, true()), [*tables.values(), newest])
    found = select(newest.c.id).select_from(every)
    return found.order_by(newest.c.id.desc()).limit(most)


def _values(column: str) -> Any:
    """Some values of a column as a table with a column `id`."""
    numbers = func.unnest(bindparam(column, type_=ARRAY(Integer)))
    return numbers.table_valued("id", name=f"some_{column}").render_derived()


def any_of(name: str) -> ColumnElement[Any]:
    """One of the ids in a parameter, however many they are."""
    return func.any(bindparam(name, type_=ARRAY(BigInteger)))
