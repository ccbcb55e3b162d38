"""The history of a model's rank."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.boards.service import Asked
from leaderboard.boards.standing import Board
from leaderboard.history import repository, schemas
from leaderboard.history.packing import MODELS, place_in
from mergehub.kit.problems.problem import NotFound


class NoSuchModel(NotFound):
    """No result of a model of this name is known."""

    code, title = "model-without-results", "The model has no results"
    remedy = "Choose a model that the board lists; `q` finds it by a part of its name."


async def history(session: AsyncSession, asked: Asked, name: str) -> schemas.RankHistory:
    """The places of a model by day. Raises NoSuchModel."""
    models = asked.facts.models
    model = models.find(name)
    if model is None:
        raise NoSuchModel(f"No model {name!r} has results.")
    id, today = int(models.id[model]), datetime.now(UTC).date()
    points = [
        schemas.HistoryPoint(day=row.day, place=found.place, of=row.ranked, mean=found.mean)
        for row in await repository.days(session, asked.named.name, id // MODELS)
        if row.day < today and (found := place_in(row.places, id))
    ]
    board = asked.kept().board
    row = _best_row(board, model)
    if row is not None:
        place, mean = int(board.places[row]), round(float(board.mean[row]), 4)
        now = schemas.HistoryPoint(day=today, place=place, of=board.ranked, mean=mean)
        points.append(now)
    return schemas.RankHistory(board=asked.named.name, model=models.names[model], points=points)


def _best_row(board: Board, model: int) -> int | None:
    """The row of a model with the best place; None if none has one."""
    rows = np.flatnonzero((board.models == model) & (board.places > 0))
    return int(rows[np.argmin(board.places[rows])]) if len(rows) else None
