"""`/v1/boards/{board}/history`: the places that a model had."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request

from leaderboard.boards.current import boards_in
from leaderboard.boards.endpoints import named_board
from leaderboard.boards.filtering.filters import Filters
from leaderboard.boards.parameters import Text
from leaderboard.boards.service import Asked, BoardNotFound
from leaderboard.history import schemas, service
from leaderboard.memory.serving import FactsLoading, InMemory
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.problems.problem import problem_responses

router = Router(prefix="/v1/boards", tags=["boards"])


@router.get(
    "/{board}/history",
    summary="Get the history of a model's rank",
    responses=problem_responses(BoardNotFound, FactsLoading, service.NoSuchModel),
)
async def get_rank_history(
    board: str,
    request: Request,
    session: Session,
    facts: InMemory,
    model: Annotated[Text, Query(description="The model's name, in any case.")],
) -> schemas.RankHistory:
    """The place of a model at the end of each day, by its best row."""
    boards = boards_in(request.app.state.resources)
    named = await named_board(request, board)
    return await service.history(session, Asked(boards, facts, named, Filters(), False), model)
