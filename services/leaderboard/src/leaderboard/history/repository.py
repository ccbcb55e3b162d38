"""Queries on places by day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.history.models import RankDayRow


async def keep(
    session: AsyncSession, board: str, day: date, ranked: int, parts: Iterable[tuple[int, bytes]]
) -> None:
    """Store the places of a day, in the place of those from earlier on that day."""
    for part, places in parts:
        new = insert(RankDayRow).values(
            board=board, part=part, day=day, ranked=ranked, places=places
        )
        replaced = {"ranked": ranked, "places": places}
        keys = ["board", "part", "day"]
        await session.execute(new.on_conflict_do_update(index_elements=keys, set_=replaced))


async def days(session: AsyncSession, board: str, part: int) -> Sequence[RankDayRow]:
    """All days of a part."""
    query = select(RankDayRow).where(RankDayRow.board == board, RankDayRow.part == part)
    return (await session.scalars(query.order_by(RankDayRow.day))).all()
