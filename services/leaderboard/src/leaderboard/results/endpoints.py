"""`/v1/results`: the results, newest first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from leaderboard.results import schemas, service
from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.sessions import Session
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import problem_responses

router = APIRouter(prefix="/v1/results", tags=["results"])

Text = Annotated[str, Query(min_length=1, max_length=500)]
Model = Annotated[Text | None, Query(description="A model's name.", examples=["org/dates"])]
Benchmark = Annotated[Text | None, Query(description="A benchmark's name.", examples=["dates"])]


@router.get("", summary="List results", responses=problem_responses(BadCursor))
async def list_results(
    session: Session,
    asked: Paging,
    model: Model = None,
    benchmark: Benchmark = None,
) -> schemas.ResultPage:
    """The results, newest first."""
    return await service.page(session, model=model, benchmark=benchmark, asked=asked)
