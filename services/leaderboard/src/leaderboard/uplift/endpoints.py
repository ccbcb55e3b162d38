"""`/v1/uplift`: what a merge gained over its parents; several models beside each other."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from leaderboard.boards.current import boards_in
from leaderboard.boards.endpoints import JSON, named_board
from leaderboard.boards.filtering.filters import Filters
from leaderboard.boards.service import Asked, BoardNotFound
from leaderboard.memory.serving import FactsLoading, InMemory, newest_facts
from leaderboard.results.endpoints import Text
from leaderboard.uplift import schemas, service
from leaderboard.uplift.several import schemas as several
from leaderboard.uplift.several.service import comparison
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.problems.problem import problem_responses

router = Router(prefix="/v1/uplift", tags=["uplift"])

Precision = Annotated[
    str | None,
    Query(
        max_length=40,
        description="Only the model's results in this precision; by default all, and where it has "
        "several, those in the precision with most results.",
        examples=["bfloat16"],
    ),
]
Models = Annotated[
    list[Text],
    Query(
        alias="model",
        min_length=2,
        max_length=6,
        description="The models; each is compared with the first.",
    ),
]
Board = Annotated[str, Query(min_length=1, max_length=200, description="The board's name.")]


@router.get(
    "",
    summary="Compare a merge with its parents",
    response_model=schemas.Uplift,
    responses=problem_responses(service.NoResults, FactsLoading),
)
async def get_uplift(
    model: Annotated[
        Text, Query(description="The model's name.", examples=["local/dates-and-units"])
    ],
    request: Request,
    response: Response,
    session: Session,
    facts: InMemory,
    precision: Precision = None,
) -> Response:
    """A model against each parent, the best ingredient and the mean of all ingredients."""
    try:
        body = await service.uplift(session, facts, model, precision)
    except service.NoResults:  # perhaps `GET /v1/results` has had one for a moment
        facts = await newest_facts(request.app)
        body = await service.uplift(session, facts, model, precision)
    return Response(body, media_type=JSON, headers=dict(response.headers))


@router.get(
    "/comparison",
    summary="Compare several models",
    responses=problem_responses(service.NoResults, BoardNotFound, FactsLoading),
)
async def compare_models(
    request: Request,
    models: Models,
    session: Session,
    facts: InMemory,
    board: Board = "overall",
) -> several.ModelComparison:
    """Two to six models on a board: their scores, and the differences to the first of them."""
    named = await named_board(request, board)
    boards = boards_in(request.app.state.resources)
    return await comparison(session, Asked(boards, facts, named, Filters(), False), models)
