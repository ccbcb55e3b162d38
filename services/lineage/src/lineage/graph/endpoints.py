"""`/v1/models/{id}/…` and `/v1/graph`: walks along the graph, and the most used models."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from lineage.graph import schemas, service
from lineage.models.service import ModelNotFound
from mergehub.kit.http.pagination import Limit
from mergehub.kit.http.sessions import Session
from mergehub.kit.problems.problem import problem_responses

router = APIRouter(prefix="/v1", tags=["graph"])

MaxDepth = Annotated[int | None, Query(ge=1, le=1000, description="The most steps to go.")]
MaxNodes = Annotated[
    int, Query(alias="limit", ge=1, le=2000, description="The most models to list, nearest first.")
]
Role = Annotated[Literal["base", "ingredient"], Query(description="The models' role in merges.")]


@router.get(
    "/models/{model_id}/ancestors",
    summary="List what a model was made from",
    responses=problem_responses(ModelNotFound),
)
async def list_ancestors(
    model_id: UUID, session: Session, max_depth: MaxDepth = None, limit: MaxNodes = 500
) -> schemas.Walk:
    """The models that a model was made from, directly or by way of others."""
    return await service.walk(session, model_id, "ancestors", max_depth, limit)


@router.get(
    "/models/{model_id}/descendants",
    summary="List what was made from a model",
    responses=problem_responses(ModelNotFound),
)
async def list_descendants(
    model_id: UUID, session: Session, max_depth: MaxDepth = None, limit: MaxNodes = 500
) -> schemas.Walk:
    """The models that were made from a model, directly or by way of others."""
    return await service.walk(session, model_id, "descendants", max_depth, limit)


@router.get("/graph/popular", summary="List the models that most merges use")
async def list_popular_models(
    session: Session, role: Role = "base", limit: Limit = 20
) -> schemas.PopularModels:
    """The models that merges used most, as their base or as an ingredient."""
    return await service.popular(session, role, limit)
