"""Boards, filtered and paginated."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.boards import ranking, schemas
from leaderboard.boards.catalogue import BOARDS
from leaderboard.parents import repository as parents
from leaderboard.results import service as results
from leaderboard.results.schemas import Estimate, Setting
from mergehub.kit.paging.pages import PageRequest
from mergehub.kit.problems.problem import NotFound


class BoardNotFound(NotFound):
    """No board has this name."""

    code, title = "board-not-found", "Board not found"
    remedy = "Choose a board that `GET /v1/boards` lists."


@dataclass(frozen=True)
class Filters:
    """Which rows are shown; ranks stay those of the whole board.

    `models` are names in lower case.
    """

    models: Collection[str] | None = None
    merged: bool | None = None
    method: str | None = None

    def keep(self, model: str, methods: Mapping[str, str]) -> bool:
        """Whether to show `model`; `methods` has the method of every merge."""
        return (
            (self.models is None or model.lower() in self.models)
            and (self.merged is None or self.merged == (model in methods))
            and (self.method is None or self.method == methods.get(model))
        )


def boards() -> schemas.BoardList:
    return schemas.BoardList(
        items=[schemas.Board.model_validate(board) for board in BOARDS.values()]
    )


def no_board(name: str) -> BoardNotFound:
    return BoardNotFound(f"There is no board {name!r}. Choose from: {', '.join(BOARDS)}.")


async def page(
    session: AsyncSession, name: str, filters: Filters, asked: PageRequest
) -> schemas.BoardPage:
    """Return a page of a board. Raises BoardNotFound and BadCursor."""
    if name not in BOARDS:
        raise no_board(name)
    after = asked.after(int, float, str) or ()
    scores = await results.newest(session)
    methods = await parents.merge_methods(session)
    columns = ranking.columns(scores)
    board = ranking.rows(scores, columns)
    ranks = ranking.ranks(board)
    wanted = [row for row in board if row.key > after and filters.keep(row.model, methods)]
    rows, next_cursor = asked.cut(wanted, lambda row: row.key)
    return schemas.BoardPage(
        board=schemas.Board.model_validate(BOARDS[name]),
        columns=[Setting.model_validate(column) for column in columns],
        ranked=len(ranks),
        items=[_told(row, ranks, methods, columns) for row in rows],
        next_cursor=next_cursor,
    )


def _told(
    row: ranking.Entry,
    ranks: Mapping[str, ranking.Rank],
    methods: Mapping[str, str],
    columns: Collection[results.Setting],
) -> schemas.Standing:
    rank = ranks.get(row.model)
    return schemas.Standing(
        rank=schemas.Rank.model_validate(rank) if rank else None,
        model=row.model,
        merged=row.model in methods,
        method=methods.get(row.model),
        mean=Estimate.model_validate(row.mean) if row.mean else None,
        scores={name: Estimate.model_validate(score) for name, score in row.scores.items()},
        missing=[each.benchmark for each in columns if each.benchmark not in row.scores],
    )
