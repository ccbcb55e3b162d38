"""How many items a benchmark has, and which scores are of fewer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_SIZES = text("SELECT id, items FROM measures WHERE id = ANY(:ids)")
_GROWN = text("UPDATE measures SET items = :items WHERE id = :id")
_SMALLER = text(
    "UPDATE facts SET limited = true WHERE NOT limited AND count < :items "
    "AND setting_id IN (SELECT id FROM settings WHERE measure_id = :id) RETURNING id"
)


async def sizes(session: AsyncSession, measures: Iterable[int]) -> dict[int, int | None]:
    """The size of a full run of each measure; None if no one knows it."""
    rows = await session.execute(_SIZES, {"ids": list(measures)})
    return {row.id: row.items for row in rows}


async def grow(session: AsyncSession, full: Mapping[int, int]) -> list[int]:
    """Learn the sizes of full runs by the hub's workers.

    A measure is as large as the largest one, so scores of fewer items are now of a part; returns
    the ids of those.
    """
    smaller: list[int] = []
    known = await sizes(session, full)
    for measure, items in full.items():
        if items > (known[measure] or 0):
            asked = {"id": measure, "items": items}
            await session.execute(_GROWN, asked)
            smaller += await session.scalars(_SMALLER, asked)
    return smaller
