"""`GET /v1/recipes`: recipes found by words and conditions, and how many have each value."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query

from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.identity.auth import Viewing
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import Unauthenticated, problem_responses
from registry.recipes.errors import RecipeNotFound
from registry.search import service, suggesting
from registry.search.answering.ranking import Sort
from registry.search.answering.resembling import By
from registry.search.asked import Asked
from registry.search.errors import QueryInvalid
from registry.search.language.parsing import LONGEST
from registry.search.replica.serving import CatalogueLoading, InMemory
from registry.search.schemas import RecipeFacets, RecipePage, SimilarRecipes, Suggestions

router = Router(prefix="/v1/recipes", tags=["recipes"])

Order = Annotated[
    Sort | None,
    Query(
        description="By default `relevance` if the search has words, else `new`; "
        "among equals, the newest first."
    ),
]
Typed = Annotated[str, Query(max_length=LONGEST, description="The search as far as it is written.")]
Alike = Annotated[By, Query(description="What makes recipes alike.")]
Most = Annotated[int, Query(ge=1, le=100, description="The most to list, of each kind.")]


@router.get(
    "",
    summary="Find recipes",
    responses=problem_responses(BadCursor, CatalogueLoading, QueryInvalid, Unauthenticated),
)
async def list_recipes(
    session: Session,
    paging: Paging,
    viewer: Viewing,
    catalogue: InMemory,
    asked: Asked,
    sort: Order = None,
) -> RecipePage:
    """Recipes that match. A private or unlisted one is shown to those who belong to its owner.

    Conditions in `q` and in the other parameters must all hold; several values of one parameter
    are alternatives. Archived recipes are left out unless the search asks for `archived`. If
    little is found, words that no recipe has are read as the nearest ones (`corrections`).
    """
    return await service.find(session, catalogue, asked, viewer, sort, paging)


@router.get(
    "/suggestions",
    summary="Complete a search while it is typed",
    responses=problem_responses(CatalogueLoading, Unauthenticated),
)
async def get_recipe_suggestions(
    session: Session, viewer: Viewing, catalogue: InMemory, q: Typed, limit: Most = 5
) -> Suggestions:
    """What the last word may become: fields, values that recipes have, and recipes.

    What stands before it restricts them; what cannot be read of that counts for nothing.
    """
    return await suggesting.suggestions(session, catalogue, q, viewer, limit)


@router.get(
    "/facets",
    summary="Count recipes by the values of their fields",
    responses=problem_responses(CatalogueLoading, QueryInvalid, Unauthenticated),
)
async def get_recipe_facets(
    session: Session,
    viewer: Viewing,
    catalogue: InMemory,
    asked: Asked,
    limit: Most = 10,
) -> RecipeFacets:
    """The most frequent values of each field among the recipes that match, with exact counts.

    Of number fields, such as `size`, a few ranges are counted.
    """
    return await service.facets(session, catalogue, asked.query, viewer, limit)


@router.get(
    "/{recipe_id}/similar",
    summary="Find recipes like one",
    responses=problem_responses(CatalogueLoading, RecipeNotFound, Unauthenticated),
)
async def list_similar_recipes(
    recipe_id: UUID,
    session: Session,
    viewer: Viewing,
    catalogue: InMemory,
    by: Alike = "likeness",
    limit: Most = 10,
) -> SimilarRecipes:
    """The recipes that are most like one, archived ones left out.

    `ingredients` finds those that merge exactly the same models by another method. Likeness
    compares ingredients (0.6), method (0.15), base (0.15) and tags (0.1).
    """
    return await service.similar(session, catalogue, recipe_id, viewer, by, limit)
