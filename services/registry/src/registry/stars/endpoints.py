"""`/v1/recipes/{id}/star`, `/v1/recipes/{id}/stars` and `/v1/recipes/starred`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.identity.auth import Viewing
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import Forbidden, Unauthenticated, problem_responses
from registry.accounts.errors import NoAccount
from registry.acting import Holder, acting
from registry.actor import Actor
from registry.recipes.errors import RecipeNotFound
from registry.stars import service
from registry.stars.schemas import Star, StarPage, StarredPage

router = Router(prefix="/v1/recipes", tags=["recipes"])

Writer = Annotated[Actor, Depends(acting("recipes:write"))]
OWN = problem_responses(Unauthenticated, NoAccount, RecipeNotFound)
CHANGE = problem_responses(Unauthenticated, Forbidden, NoAccount, RecipeNotFound)


@router.get(
    "/starred",
    summary="List the recipes that you starred",
    responses=problem_responses(Unauthenticated, NoAccount, BadCursor),
)
async def list_starred_recipes(session: Session, holder: Holder, asked: Paging) -> StarredPage:
    """The recipes that you starred and may still see, newest star first."""
    return await service.starred(session, holder.who, asked)


@router.get("/{recipe_id}/star", summary="Get your star on a recipe", responses=OWN)
async def get_star(recipe_id: UUID, session: Session, holder: Holder) -> Star:
    """Whether you starred a recipe, and how many people did."""
    return await service.find(session, holder.who, recipe_id)


@router.put("/{recipe_id}/star", summary="Add your star to a recipe", responses=CHANGE)
async def star_recipe(recipe_id: UUID, session: Session, writer: Writer) -> Star:
    """Star a recipe. A repetition changes nothing."""
    return await service.star(session, writer, recipe_id)


@router.delete("/{recipe_id}/star", summary="Remove your star from a recipe", responses=CHANGE)
async def unstar_recipe(recipe_id: UUID, session: Session, writer: Writer) -> Star:
    """Take back your star. A repetition changes nothing."""
    return await service.unstar(session, writer, recipe_id)


@router.get(
    "/{recipe_id}/stars",
    summary="List who starred a recipe",
    responses=problem_responses(RecipeNotFound, Unauthenticated, BadCursor),
)
async def list_stars(recipe_id: UUID, session: Session, viewer: Viewing, asked: Paging) -> StarPage:
    """The accounts that starred a recipe, newest star first."""
    return await service.page(session, recipe_id, viewer, asked)
