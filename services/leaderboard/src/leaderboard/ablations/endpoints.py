"""`/v1/uplift/ablations`: what the ingredients of merges add, newest first."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from leaderboard.ablations import schemas, service
from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import problem_responses

router = Router(prefix="/v1/uplift/ablations", tags=["uplift"])

Model = Annotated[
    str | None,
    Query(min_length=1, max_length=500, description="A merge's name.", examples=["local/soup"]),
]
Recipe = Annotated[
    str | None,
    Query(min_length=1, max_length=200, description="The digest of a recipe, as runs have it."),
]


@router.get("", summary="List ablations", responses=problem_responses(BadCursor))
async def list_ablations(
    session: Session, asked: Paging, model: Model = None, recipe_digest: Recipe = None
) -> schemas.AblationPage:
    """The ablations, newest first; runs of the kind `ablate` make them."""
    return await service.page(session, model, recipe_digest, asked)
