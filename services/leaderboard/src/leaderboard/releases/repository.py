"""Queries on releases."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.releases.models import ReleaseRow, ReleaseRowsRow

_ALONE = text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.releases.' || :board))")


async def lock(session: AsyncSession, board: str) -> None:
    """Be the only transaction that releases this board, until it ends."""
    await session.execute(_ALONE, {"board": board})


async def newest(session: AsyncSession, board: str) -> ReleaseRow | None:
    """The last release of a board."""
    query = select(ReleaseRow).where(ReleaseRow.board == board)
    return await session.scalar(query.order_by(ReleaseRow.number.desc()).limit(1))


async def get(session: AsyncSession, board: str, number: int) -> ReleaseRow | None:
    return await session.get(ReleaseRow, (board, number))


async def page(session: AsyncSession, board: str, before: int, limit: int) -> Sequence[ReleaseRow]:
    """At most `limit` releases, the newest first."""
    query = select(ReleaseRow).where(ReleaseRow.board == board, ReleaseRow.number < before)
    return (await session.scalars(query.order_by(ReleaseRow.number.desc()).limit(limit))).all()


async def add(session: AsyncSession, row: ReleaseRow, parts: Sequence[bytes]) -> None:
    """Store a release and its rows."""
    session.add(row)
    await session.flush()
    key = {"board": row.board, "number": row.number}
    for part, rows in enumerate(parts):
        await session.execute(insert(ReleaseRowsRow).values(**key, part=part, rows=rows))


async def parts(
    session: AsyncSession, board: str, number: int, first: int, last: int
) -> Sequence[bytes]:
    """Some parts of the rows of a release, the last one included."""
    query = select(ReleaseRowsRow.rows).where(
        ReleaseRowsRow.board == board,
        ReleaseRowsRow.number == number,
        ReleaseRowsRow.part.between(first, last),
    )
    return (await session.scalars(query.order_by(ReleaseRowsRow.part))).all()
