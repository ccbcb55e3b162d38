"""`DELETE /v1/recipes/{recipe_id}`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.problems.problem import Unauthenticated, problem_responses
from registry.accounts.access import NotYours
from registry.recipes.deletion import service
from registry.recipes.deletion.service import Need
from registry.recipes.errors import RecipeNeeded, RecipeNotFound
from registry.recipes.parameters import Writer

router = Router(prefix="/v1/recipes", tags=["recipes"])


def _needs(request: Request) -> Sequence[Need]:
    needs: Sequence[Need] = request.app.state.recipe_needs
    return needs


@router.delete(
    "/{recipe_id}",
    summary="Delete a recipe",
    status_code=204,
    responses=problem_responses(Unauthenticated, NotYours, RecipeNotFound, RecipeNeeded),
)
async def delete_recipe(
    recipe_id: UUID,
    session: Session,
    writer: Writer,
    needs: Annotated[Sequence[Need], Depends(_needs)],
) -> None:
    """Delete a recipe with its versions, if no run, model or fork came from it.

    Else the answer is 409 and says what did: archive the recipe instead.
    """
    await service.delete(session, writer, recipe_id, needs)
