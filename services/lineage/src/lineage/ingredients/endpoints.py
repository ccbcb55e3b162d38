"""`/v1/graph/ingredients`: what is known of models that are to be merged."""

from __future__ import annotations

from fastapi import Request

from lineage.ingredients import repository, service
from lineage.ingredients.schemas import Ingredients, IngredientsAsked
from lineage.replica.serving import GraphLoading, InMemory, replica_of
from mergehub.kit.database.database import Database
from mergehub.kit.http.routes import Router
from mergehub.kit.problems.problem import problem_responses

router = Router(prefix="/v1/graph", tags=["graph"])


@router.post(
    "/ingredients",
    summary="Check models that are to be merged",
    responses=problem_responses(GraphLoading),
)
async def check_ingredients(
    body: IngredientsAsked, request: Request, graph: InMemory
) -> Ingredients:
    """What is known of the models of a recipe: their shared base, flags and licences.

    The check of a recipe asks this. It stores nothing.
    """
    database: Database = request.app.state.database
    async with database.reading() as session:
        known = await repository.numbers(session, body.references)
        if not all(map(graph.has, known.values())):
            graph = await replica_of(request.app).current()
        return await service.ingredients(session, graph, body, known)
