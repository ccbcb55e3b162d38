"""`/v1/results`: the results, newest first."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from leaderboard.facts.models import Source
from leaderboard.results import schemas, service
from leaderboard.results.repository import Wanted
from mergehub.contracts import results as contract
from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.sessions import Session
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import problem_responses

router = APIRouter(prefix="/v1/results", tags=["results"])

Text = Annotated[str, Query(min_length=1, max_length=500)]
Model = Annotated[Text | None, Query(description="A model's name.", examples=["org/dates"])]
Benchmark = Annotated[
    Text | None,
    Query(description="A benchmark's name, title or task.", examples=["dates"]),
]
Version = Annotated[Text | None, Query(description="A benchmark's version.")]
Badge = Annotated[contract.Source | None, Query(description="Only results of this badge.")]
Precision = Annotated[Text | None, Query(examples=["bfloat16"])]
Run = Annotated[UUID | None, Query(description="Only what this run measured.")]
History = Annotated[
    bool, Query(description="Also results that a newer one replaced, and withdrawn ones.")
]


async def _wanted(
    model: Model = None,
    benchmark: Benchmark = None,
    version: Version = None,
    source: Badge = None,
    precision: Precision = None,
    run: Run = None,
    history: History = False,
) -> Wanted:
    badge = None if source is None else int(Source[source])
    precise = precision and precision.lower()
    return Wanted(model, benchmark, version, badge, precise, run, history)


Asked = Annotated[Wanted, Depends(_wanted)]


@router.get("", summary="List results", responses=problem_responses(BadCursor))
async def list_results(session: Session, paging: Paging, wanted: Asked) -> schemas.ResultPage:
    """The current results, newest first; with `history`, all results."""
    return await service.page(session, wanted, paging)
