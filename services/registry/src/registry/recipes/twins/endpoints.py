"""`/v1/recipes/{recipe_id}/versions/{number}/twins`."""

from __future__ import annotations

from uuid import UUID

from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.identity.auth import Viewing
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import problem_responses
from registry.recipes.parameters import SEEN, Number
from registry.recipes.twins import service
from registry.recipes.twins.schemas import TwinPage

router = Router(prefix="/v1/recipes", tags=["recipes"])


@router.get(
    "/{recipe_id}/versions/{number}/twins",
    summary="List the twins of a version",
    responses=SEEN | problem_responses(BadCursor),
)
async def list_recipe_twins(
    recipe_id: UUID, number: Number, session: Session, asked: Paging, viewer: Viewing
) -> TwinPage:
    """The versions of other recipes that have the same digest, the oldest first.

    Formatting and comments do not count: twins merge the same models in the same way.
    """
    return await service.page(session, recipe_id, number, viewer, asked)
