"""`/v1/uplift/table`: what merges gained by method and base, and the merges behind a cell."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request

from leaderboard.boards import service as boards
from leaderboard.boards.current import boards_in
from leaderboard.boards.endpoints import named_board
from leaderboard.boards.parameters import Verified, Where
from leaderboard.memory.serving import FactsLoading, InMemory
from leaderboard.uplift.tables import schemas, service
from leaderboard.uplift.tables.gains import Against
from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.routes import Router
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import problem_responses

router = Router(prefix="/v1/uplift/table", tags=["uplift"])

Board = Annotated[str, Query(min_length=1, max_length=200, description="The board's name.")]
Compared = Annotated[
    Against,
    Query(
        description="What a merge is compared with: its `best` ingredient, their `mean`, or the "
        "`base` that all go back to."
    ),
]
Most = Annotated[int, Query(ge=1, le=200, description="How many bases to show, the most used.")]
Row = Annotated[
    str | None, Query(min_length=1, max_length=200, description="Only the merges of this row.")
]
Column = Annotated[
    str | None, Query(min_length=1, max_length=500, description="Only the merges of this column.")
]


async def _question(
    request: Request,
    facts: InMemory,
    where: Where,
    board: Board = "overall",
    against: Compared = "best",
    verified: Verified = False,
) -> service.Question:
    named = await named_board(request, board)
    kept = boards_in(request.app.state.resources)
    return service.Question(boards.Asked(kept, facts, named, where, verified), against)


Question = Annotated[service.Question, Depends(_question)]


@router.get(
    "",
    summary="Compare merge methods by base",
    responses=problem_responses(boards.BoardNotFound, FactsLoading),
)
async def get_uplift_table(question: Question, top: Most = 20) -> schemas.UpliftTable:
    """For each method and base, how many merges gained on a board, and how much."""
    return await service.uplift_table(question, top)


@router.get(
    "/merges",
    summary="List the merges behind the table",
    responses=problem_responses(BadCursor, boards.BoardNotFound, FactsLoading),
)
async def list_uplift_merges(
    question: Question, paging: Paging, row: Row = None, column: Column = None
) -> schemas.MergeGains:
    """The merges of one cell, row or column with what each gained, the most first."""
    return await service.merges_behind(question, row, column, paging)
