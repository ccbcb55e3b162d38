"""`/v1/graph/popular`: the most used models."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from lineage.graph import schemas, service
from mergehub.kit.http.pagination import Limit
from mergehub.kit.http.sessions import Session

router = APIRouter(prefix="/v1", tags=["graph"])

Role = Annotated[Literal["base", "ingredient"], Query(description="The models' role in merges.")]


@router.get("/graph/popular", summary="List the models that most merges use")
async def list_popular_models(
    session: Session, role: Role = "base", limit: Limit = 20
) -> schemas.PopularModels:
    """The models that merges used most, as their base or as an ingredient."""
    return await service.popular(session, role, limit)
