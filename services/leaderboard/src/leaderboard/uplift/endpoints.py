"""`/v1/uplift`: what a merge gained over its parents."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from leaderboard.results.endpoints import Text
from leaderboard.uplift import schemas, service
from mergehub.kit.http.sessions import Session
from mergehub.kit.problems.problem import problem_responses

router = APIRouter(prefix="/v1/uplift", tags=["uplift"])


@router.get(
    "", summary="Compare a merge with its parents", responses=problem_responses(service.NoResults)
)
async def get_uplift(
    model: Annotated[
        Text, Query(description="The model's name.", examples=["local/dates-and-units"])
    ],
    session: Session,
) -> schemas.Uplift:
    """A model against each parent, the best ingredient and the mean of all ingredients."""
    return await service.uplift(session, model)
