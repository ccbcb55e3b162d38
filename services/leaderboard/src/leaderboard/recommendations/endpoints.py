"""`/v1/recommendations`: models on a base that are worth merging."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request

from leaderboard.boards.current import boards_in
from leaderboard.boards.endpoints import named_board
from leaderboard.boards.filtering.filters import Filters
from leaderboard.boards.parameters import Verified
from leaderboard.boards.service import Asked, BoardNotFound
from leaderboard.memory.serving import FactsLoading, InMemory
from leaderboard.recommendations import schemas, service
from leaderboard.results.endpoints import Text
from mergehub.benchmarks.definition import Domain
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.problems.problem import problem_responses

router = Router(prefix="/v1/recommendations", tags=["recommendations"])

Base = Annotated[
    Text, Query(description="The model that all ingredients come from.", examples=["org/base"])
]
For = Annotated[
    Domain | None,
    Query(description="What the merge is for; its benchmarks count for two thirds together."),
]
Board = Annotated[str, Query(min_length=1, max_length=200, description="The board's name.")]
Size = Annotated[int, Query(ge=2, le=3, description="How many ingredients.")]
Limit = Annotated[int, Query(ge=1, le=50, description="How many groups to show at most.")]


@router.get(
    "",
    summary="Get what is worth merging on a base",
    responses=problem_responses(service.BaseNotFound, BoardNotFound, FactsLoading),
)
async def recommend(
    request: Request,
    session: Session,
    facts: InMemory,
    base: Base,
    domain: For = None,
    board: Board = "overall",
    size: Size = 2,
    limit: Limit = 10,
    verified: Verified = False,
) -> schemas.Recommendations:
    """Pairs or triples of models on a base of which each is strong where the others are weak."""
    named = await named_board(request, board)
    boards = boards_in(request.app.state.resources)
    asked = Asked(boards, facts, named, Filters(), verified)
    question = service.Question(base, domain, size, limit)
    return await service.recommendations(session, asked, question)
