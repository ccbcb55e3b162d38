"""Queries on the scores that are kept."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.scores.models import ScoreRow
from leaderboard.scores.standing import Columns, Standing
from mergehub.kit.database.database import AnyRow

_ALONE = text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.scores'))")
AT_ONCE = 1000


async def lock(session: AsyncSession) -> None:
    """Be the only transaction that changes scores, until it ends."""
    await session.execute(_ALONE)


async def kept(session: AsyncSession, board: str) -> dict[str, Standing]:
    """The standings that are stored. Others have their turn while many are read."""
    query = select(ScoreRow.model, ScoreRow.score, ScoreRow.uplift).where(ScoreRow.board == board)
    found: dict[str, Standing] = {}
    rows = await session.stream(query.execution_options(yield_per=AT_ONCE))
    async for part in rows.partitions():
        found.update((row.model, Standing(row.score, row.uplift)) for row in part)
    return found


_KEEP = text("""
INSERT INTO scores (board, model, score, uplift, revision, changed_at)
SELECT :board, model, score, uplift, nextval('score_revisions'), now()
FROM unnest(CAST(:models AS text[]), CAST(:scores AS float8[]), CAST(:uplifts AS float8[]))
  AS new(model, score, uplift)
ON CONFLICT (board, model) DO UPDATE SET score = excluded.score, uplift = excluded.uplift,
  revision = excluded.revision, changed_at = excluded.changed_at
""")


async def keep(session: AsyncSession, board: str, changed: Columns) -> None:
    """Store new standings, each with the next revision."""
    for begin in range(0, len(changed.models), AT_ONCE):
        some = slice(begin, begin + AT_ONCE)
        values = {name: column[some] for name, column in changed._asdict().items()}
        await session.execute(_KEEP, {"board": board, **values})


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
