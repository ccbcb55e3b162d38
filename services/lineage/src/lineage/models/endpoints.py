"""`/v1/models`: find models and get one with its names and revisions."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from lineage.models import schemas, service
from lineage.models.models import NAME_LENGTH
from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.sessions import Session
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import problem_responses

router = APIRouter(prefix="/v1/models", tags=["models"])

Text = Annotated[str, Query(min_length=1, max_length=NAME_LENGTH)]
Name = Annotated[
    Text | None, Query(description="The whole name, in any case.", examples=["org/base"])
]
Prefix = Annotated[
    Text | None, Query(description="The beginning of the name, in any case.", examples=["org/"])
]


@router.get("", summary="List models", responses=problem_responses(BadCursor))
async def list_models(
    session: Session,
    asked: Paging,
    name: Name = None,
    q: Prefix = None,
) -> schemas.ModelPage:
    """The models, sorted by name."""
    return await service.page(session, name=name, prefix=q, asked=asked)


@router.get(
    "/{model_id}", summary="Get a model", responses=problem_responses(service.ModelNotFound)
)
async def get_model(model_id: UUID, session: Session) -> schemas.ModelDetail:
    """A model with its names and revisions."""
    return await service.detail(session, model_id)
