"""The scores of a board that changed after a revision."""

from __future__ import annotations

from leaderboard.boards.service import BoardNotFound
from leaderboard.scores import repository, schemas
from leaderboard.scores.keeping import CHANNEL, FED
from mergehub.kit.background.resources import Resources
from mergehub.kit.http.follow import changed


async def after(
    resources: Resources, board: str, revision: int, limit: int, seconds: float
) -> schemas.ScorePage:
    """A page of changes, as soon as there are any; an empty one after `seconds`.

    Raises BoardNotFound.
    """
    if board != FED:
        raise BoardNotFound(f"Only the scores of the board {FED!r} can be followed.")

    async def look() -> schemas.ScorePage:
        async with resources.database.reading() as session:
            rows, newest = await repository.after(session, board, revision, limit + 1)
        items = rows[:limit]
        return schemas.ScorePage(
            items=[schemas.Score.model_validate(row) for row in items],
            next_after=items[-1].revision if items else revision,
            newest=newest,
            has_more=len(rows) > limit,
        )

    with resources.signals.subscribe(CHANNEL) as woken:
        return await changed(look, woken, revision, seconds)
