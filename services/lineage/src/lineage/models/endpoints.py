"""`/v1/models`: find models, get one with all that is known of it, and change it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from lineage.models import changing, schemas, searching, service
from lineage.models.models import NAME_LENGTH
from lineage.replica.serving import GraphLoading, graph_of
from lineage.scores.serving import Known
from lineage.search.current import index_of
from mergehub.kit.entity_tags import etag_of
from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.preconditions import IfMatch, PreconditionFailed, PreconditionRequired
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.identity.auth import requires
from mergehub.kit.identity.tokens import Principal
from mergehub.kit.middleware.etags import as_it_is
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import Forbidden, Unauthenticated, problem_responses

router = Router(prefix="/v1/models", tags=["models"])

Writer = Annotated[Principal, Depends(requires("lineage:write"))]
Text = Annotated[str, Query(min_length=1, max_length=NAME_LENGTH)]
Name = Annotated[
    Text | None,
    Query(description="The whole name, in any case; a former name, too.", examples=["org/base"]),
]
Part = Annotated[
    Text | None,
    Query(
        description="Words of the name or of a former one, in any order: each is any part of it, "
        "or with one or two letters the beginning of a word. Case and `-_./` do not count, and a "
        "word also begins where letters and digits meet.",
        examples=["mistral slerp"],
    ),
]


@router.get("", summary="List models", responses=problem_responses(BadCursor, GraphLoading))
async def list_models(
    request: Request,
    session: Session,
    asked: Paging,
    name: Name = None,
    q: Part = None,
) -> schemas.ModelPage:
    """The models, sorted by name; with `q`, at most 1,000 models that fit, the best first.

    A name that is all of `q` comes first, then those that begin with it, those that have a word
    that does, and the others; among equals, the model that most were made from. This compares the
    hundred models that matter most; the others follow by that alone. If nothing fits, a word may
    have one mistake.
    """
    if name is not None or q is None:
        return await service.page(session, name=name, asked=asked)
    graph = await graph_of(request)
    return await searching.found(session, graph, index_of(request.app, graph), q, asked)


@router.get(
    "/{model_id}",
    summary="Get a model",
    response_model=schemas.ModelDetail,
    responses=problem_responses(service.ModelNotFound),
)
async def get_model(model_id: UUID, session: Session, scores: Known) -> Response:
    """A model with its names, revisions and flags, and what else is said of its parents."""
    return as_it_is(await service.detail(session, model_id, scores))


@router.patch(
    "/{model_id}",
    summary="Change a model's name or facts",
    responses=problem_responses(
        Unauthenticated,
        Forbidden,
        service.ModelNotFound,
        changing.ModelNameTaken,
        PreconditionFailed,
        PreconditionRequired,
    ),
)
async def update_model(
    model_id: UUID,
    body: schemas.ModelUpdate,
    session: Session,
    scores: Known,
    writer: Writer,
    response: Response,
    if_match: IfMatch,
) -> schemas.ModelDetail:
    """Change what the body names. A renamed model keeps its id, and is found by former names.

    No other model can take a former name.
    """
    model = await changing.change(session, model_id, body, if_match.check, scores)
    response.headers["ETag"] = etag_of(model)
    return model
