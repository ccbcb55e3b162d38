"""`/v1/models`: find models and see what is known of one."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from lineage.models import schemas, service
from lineage.models.models import NAME_LENGTH
from mergehub.kit.database.database import Session
from mergehub.kit.http.pagination import BadCursor, Cursor, Limit, link_next
from mergehub.kit.problems.problem import problem_responses

router = APIRouter(prefix="/v1/models", tags=["models"])

Text = Annotated[str, Query(min_length=1, max_length=NAME_LENGTH)]
Name = Annotated[
    Text | None, Query(description="The whole name, in whatever case.", examples=["org/base"])
]
Prefix = Annotated[
    Text | None, Query(description="How a name begins, in whatever case.", examples=["org/"])
]


@router.get("", summary="List models", responses=problem_responses(BadCursor))
async def list_models(
    request: Request,
    response: Response,
    session: Session,
    name: Name = None,
    q: Prefix = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> schemas.ModelPage:
    """Models by name."""
    page = await service.page(session, name=name, prefix=q, cursor=cursor, limit=limit)
    link_next(request, response, page.next_cursor)
    return page


@router.get(
    "/{model_id}", summary="Get a model", responses=problem_responses(service.ModelNotFound)
)
async def get_model(model_id: UUID, session: Session) -> schemas.ModelDetail:
    """One model with its names and revisions."""
    return await service.detail(session, model_id)
