"""`/v1/recipes/diff`: how two versions differ."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query

from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.identity.auth import Viewing
from mergehub.kit.problems.problem import Unauthenticated, problem_responses
from registry.differences import service
from registry.differences.schemas import VersionComparison
from registry.recipes.errors import RecipeNotFound

router = Router(
    prefix="/v1/recipes",
    tags=["recipes"],
    responses=problem_responses(RecipeNotFound, Unauthenticated),
)

Old = Annotated[UUID, Query(alias="from", description="The id of the older version.")]
New = Annotated[UUID, Query(alias="to", description="The id of the newer version.")]


@router.get("/diff", summary="Compare two versions by meaning")
async def compare_recipe_versions(
    old: Old, new: New, session: Session, viewer: Viewing
) -> VersionComparison:
    """How two versions differ in what they merge and how, of one recipe or of two.

    Formatting, labels and defaults written out make no difference, nor does the order of models
    where it has no effect. Versions with the same digest have no differences.
    """
    return await service.compare(session, old, new, viewer)
