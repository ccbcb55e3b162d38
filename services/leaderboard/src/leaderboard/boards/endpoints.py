"""`/v1/boards`: rankings of models."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from leaderboard.boards import schemas, service
from leaderboard.results.endpoints import Text
from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.sessions import Session
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.choices import A_METHOD
from mergehub.kit.problems.problem import problem_responses

router = APIRouter(prefix="/v1/boards", tags=["boards"])

Models = Annotated[
    list[Text] | None, Query(alias="model", max_length=100, description="Only these models.")
]
Merged = Annotated[bool | None, Query(description="True: only merges; false: only others.")]
Method = Annotated[
    Annotated[Text, A_METHOD] | None, Query(description="Only merges made by this method.")
]


@router.get("", summary="List leaderboards")
async def list_boards() -> schemas.BoardList:
    """The boards of this hub."""
    return service.boards()


@router.get(
    "/{board}",
    summary="Get a leaderboard",
    responses=problem_responses(BadCursor, service.BoardNotFound),
)
async def get_board(
    board: str,
    session: Session,
    asked: Paging,
    models: Models = None,
    merged: Merged = None,
    method: Method = None,
) -> schemas.BoardPage:
    """A board's rows: ranked models first, then those that lack a benchmark, by name."""
    wanted = models and {name.lower() for name in models}
    filters = service.Filters(wanted, merged, method)
    return await service.page(session, board, filters, asked)
