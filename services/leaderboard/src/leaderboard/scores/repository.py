"""Queries on the scores that are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.scores.models import REVISIONS, ScoreRow
from leaderboard.scores.standing import Standing
from mergehub.kit.database.database import AnyRow

_ALONE = text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.scores'))")
AT_ONCE = 1000


async def lock(session: AsyncSession) -> None:
    """Be the only transaction that changes scores, until it ends."""
    await session.execute(_ALONE)


async def kept(session: AsyncSession, board: str) -> dict[str, Standing]:
    """The standings that are stored."""
    query = select(ScoreRow.model, ScoreRow.score, ScoreRow.uplift).where(ScoreRow.board == board)
    return {row.model: Standing(row.score, row.uplift) for row in await session.execute(query)}


async def keep(session: AsyncSession, board: str, changed: Mapping[str, Standing]) -> None:
    """Store new standings, each with the next revision."""
    values = [{"board": board, "model": model, **each._asdict()} for model, each in changed.items()]
    for begin in range(0, len(values), AT_ONCE):
        new = insert(ScoreRow).values(
            [
                {**row, "revision": REVISIONS.next_value(), "changed_at": func.now()}
                for row in values[begin : begin + AT_ONCE]
            ]
        )
        columns = ("score", "uplift", "revision", "changed_at")
        replaced: dict[str, Any] = {name: new.excluded[name] for name in columns}
        await session.execute(
            new.on_conflict_do_update(index_elements=["board", "model"], set_=replaced)
        )


async def after(
    session: AsyncSession, board: str, revision: int, limit: int
) -> tuple[Sequence[AnyRow], int]:
    """At most `limit` scores that changed after a revision, and the board's newest revision."""
    query = (
        select(
            ScoreRow.model,
            ScoreRow.score,
            ScoreRow.uplift,
            ScoreRow.changed_at,
            ScoreRow.revision,
        )
        .where(ScoreRow.board == board, ScoreRow.revision > revision)
        .order_by(ScoreRow.revision)
        .limit(limit)
    )
    last = await newest(session, board)
    return (await session.execute(query)).all(), last


async def newest(session: AsyncSession, board: str) -> int:
    """The revision of the board's last change; 0 if there is none."""
    query = select(func.max(ScoreRow.revision)).where(ScoreRow.board == board)
    return await session.scalar(query) or 0
