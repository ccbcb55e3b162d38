"""`/v1/boards`: rankings of models."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from leaderboard.boards import schemas, service
from leaderboard.boards.catalogue import built_in
from leaderboard.boards.current import boards_in
from leaderboard.boards.parameters import Verified, Where
from leaderboard.memory.serving import FactsLoading, InMemory
from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import problem_responses

router = Router(prefix="/v1/boards", tags=["boards"])

JSON = "application/json"
ANSWERS = problem_responses(service.BoardNotFound, FactsLoading)

Sort = Annotated[
    str,
    Query(
        min_length=1,
        max_length=120,
        description="`mean`, `uplift` or a benchmark (the best first), `name`, `size` (the "
        "smallest first) or `date` (the newest first). A leading hyphen reverses the order. Rows "
        "without a value come last.",
    ),
]


async def _asked(
    request: Request, board: str, facts: InMemory, where: Where, verified: Verified = False
) -> service.Asked:
    boards = boards_in(request.app.state.resources)
    named = await named_board(request, board)
    return service.Asked(boards, facts, named, where, verified)


async def named_board(request: Request, name: str) -> service.Named:
    """The board of this name. Raises BoardNotFound."""
    if name in built_in():
        return service.of_hub(built_in()[name])
    async with request.app.state.database.reading() as session:
        return await service.named(session, name)


Asked = Annotated[service.Asked, Depends(_asked)]


@router.get("", summary="List leaderboards", responses=problem_responses(BadCursor, FactsLoading))
async def list_boards(
    request: Request, session: Session, paging: Paging, facts: InMemory
) -> schemas.BoardList:
    """The boards of this hub, then those that people made, and how many models each ranks."""
    boards = boards_in(request.app.state.resources)
    return await service.every(session, paging, boards, facts)


@router.get(
    "/{board}",
    summary="Get a leaderboard",
    response_model=schemas.BoardPage,
    responses=ANSWERS | problem_responses(BadCursor),
)
async def get_board(
    asked: Asked, response: Response, paging: Paging, sort: Sort = "mean"
) -> Response:
    """A board's rows: ranked models first, then those that lack a benchmark, by name.

    Filters choose rows; ranks stay those of the whole board.
    """
    body = await service.page(asked, sort, paging)
    return Response(body, media_type=JSON, headers=dict(response.headers))


@router.get(
    "/{board}/facets",
    summary="Get what to filter a leaderboard by",
    response_model=schemas.BoardFacets,
    responses=ANSWERS,
)
async def get_board_facets(asked: Asked) -> Response:
    """How many rows each value of each filter would keep, with all other filters as they are."""
    return Response(await service.counted(asked), media_type=JSON)


@router.get(
    "/{board}/points",
    summary="Get size and score of a leaderboard's rows",
    response_model=schemas.BoardPoints,
    responses=ANSWERS,
)
async def get_board_points(asked: Asked) -> Response:
    """At most 5,000 rows that have a size and a mean, with the Pareto front of both."""
    return Response(await service.drawn(asked), media_type=JSON)
