"""`/v1/results`: the facts, newest first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from leaderboard.results import schemas, service
from mergehub.kit.database.database import Session
from mergehub.kit.http.pagination import BadCursor, Cursor, Limit, link_next
from mergehub.kit.problems.problem import problem_responses

router = APIRouter(prefix="/v1/results", tags=["results"])

Text = Annotated[str, Query(min_length=1, max_length=500)]
Model = Annotated[Text | None, Query(description="A model's name.", examples=["org/dates"])]
Benchmark = Annotated[Text | None, Query(description="A benchmark's name.", examples=["dates"])]


@router.get("", summary="List results", responses=problem_responses(BadCursor))
async def list_results(
    request: Request,
    response: Response,
    session: Session,
    model: Model = None,
    benchmark: Benchmark = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> schemas.ResultPage:
    """Results, the newest first."""
    page = await service.page(session, model=model, benchmark=benchmark, cursor=cursor, limit=limit)
    link_next(request, response, page.next_cursor)
    return page
