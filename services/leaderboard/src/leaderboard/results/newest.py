"""The newest facts that a filter leaves, merged from parts that an index has in that order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Integer, Select, cast, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.facts.models import FactRow, Source

GROWTH = 4
MOST_AT_ONCE = 2000


class Parts(NamedTuple):
    """The facts of some origins, or of some settings. A setting has a part for each source."""

    kind: Literal["origin", "setting"]
    ids: Sequence[int]


async def newest_of_parts(
    session: AsyncSession,
    parts: Parts,
    asked: Sequence[ColumnElement[bool]],
    before: int | None,
    limit: int,
) -> list[int]:
    """At most `limit` ids of facts, newest first, of lower ids than `before`.

    The parts give candidates from their index alone. Only these are asked for all else, above all
    whether they are current, which is a look into another index for each. If a filter leaves few,
    more candidates follow.
    """
    found: list[int] = []
    at_once = limit
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
    part = _values(parts.ids, "part")
    if parts.kind == "origin":
        tables, of_part = part, [FactRow.origin_id == part.c.id]
    else:
        source = _values(list(Source), "badge")
        tables = part.join(source, true())
        of_part = [FactRow.setting_id == part.c.id, FactRow.source == source.c.id]
    query = select(FactRow.id).where(*of_part, *older_than(before))
    newest = query.order_by(FactRow.id.desc()).limit(limit).lateral("newest")
    found = select(newest.c.id).select_from(tables.join(newest, true()))
    return found.order_by(newest.c.id.desc()).limit(limit)


def _values(values: Sequence[int], name: str) -> Any:
    """Some numbers as a table with a column `id`."""
    numbers = func.unnest(cast(values, ARRAY(Integer)))
    return numbers.table_valued("id", name=name).render_derived()
