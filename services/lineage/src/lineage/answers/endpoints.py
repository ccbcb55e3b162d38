"""`/v1/models/{id}/…` and `/v1/graph/common`: the questions about the graph."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from lineage.answers import inheritance, kin, schemas, walks
from lineage.answers import neighbours as neighbour_answers
from lineage.answers.parameters import MaxDepth, MaxNodes, OfModel, Where, find
from lineage.memory.segments import Direction
from lineage.models.models import NAME_LENGTH
from lineage.models.service import ModelNotFound
from lineage.questions.paths import Ways
from lineage.questions.walks import Way
from lineage.replica.serving import GraphLoading, InMemory
from mergehub.kit.http.pagination import Cursor, Paging, page_request
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import problem_responses

router = Router(prefix="/v1", tags=["graph"])

ONE = problem_responses(ModelNotFound, GraphLoading)
PAGES = problem_responses(ModelNotFound, GraphLoading, BadCursor)
Most = Annotated[int, Query(alias="limit", ge=1, le=1000, description="The most models to list.")]
Text = Annotated[
    str | None,
    Query(min_length=1, max_length=NAME_LENGTH, description="A part of the name, in any case."),
]
WAYS = "`lineage`: along one line of descent. `any`: in any direction, by what both share."
Models = Annotated[
    list[UUID],
    Query(alias="model", min_length=1, max_length=20, description="A model's id; repeat it."),
]


MORE = (
    "With `Accept: application/x-ndjson`, all of them stream, nearest first, a node in each line; "
    "`limit` and `cursor` do not count then."
)


async def _walk(
    request: Request,
    response: Response,
    at: OfModel,
    where: Where,
    max_depth: MaxDepth = None,
    limit: MaxNodes = 500,
    cursor: Cursor = None,
) -> Walking:
    response.headers.append("Vary", "Accept")  # another form of the answer is a stream
    asked = page_request(request, response, limit, cursor)

    async def walk(way: Way) -> Response:
        if walks.LINES in request.headers.get("accept", ""):
            return walks.streamed(at, way, where, max_depth)
        found = await walks.walk(at, request.app.state.database, way, where, max_depth, asked)
        answer = Response(found, media_type="application/json")
        answer.raw_headers.extend(response.raw_headers)
        return answer

    return walk


Walking = Callable[[Way], Awaitable[Response]]
Walk = Annotated[Walking, Depends(_walk)]
"""The walk from the model of the path that a request asks for, in any direction."""


@router.get(
    "/models/{model_id}/ancestors",
    summary="List what a model was made from",
    description=f"The models that a model was made from, directly or by way of others. {MORE}",
    response_model=schemas.Walk,
    responses=PAGES | walks.STREAMED,
)
async def list_ancestors(walk: Walk) -> Response:
    return await walk("ancestors")


@router.get(
    "/models/{model_id}/descendants",
    summary="List what was made from a model",
    description=f"The models that were made from a model, directly or by way of others. {MORE}",
    response_model=schemas.Walk,
    responses=PAGES | walks.STREAMED,
)
async def list_descendants(walk: Walk) -> Response:
    return await walk("descendants")


@router.get(
    "/models/{model_id}/relatives",
    summary="List a model's ancestors and descendants",
    description=f"What a model was made from and what was made from it. {MORE}",
    response_model=schemas.Walk,
    responses=PAGES | walks.STREAMED,
)
async def list_relatives(walk: Walk) -> Response:
    return await walk("relatives")


async def _nearby(at: OfModel, where: Where, asked: Paging, q: Text = None) -> Nearby:
    async def neighbours(direction: Direction) -> schemas.Neighbours:
        return await neighbour_answers.neighbours(at, direction, where, q, asked)

    return neighbours


Nearby = Callable[[Direction], Awaitable[schemas.Neighbours]]
Neighbours = Annotated[Nearby, Depends(_nearby)]
"""The direct neighbours of the model of the path that a request asks for, in one direction."""


@router.get("/models/{model_id}/parents", summary="List a model's direct parents", responses=PAGES)
async def list_parents(neighbours: Neighbours) -> schemas.Neighbours:
    """The models that a model was made from directly, those with the most children first."""
    return await neighbours("ancestors")


@router.get(
    "/models/{model_id}/children", summary="List a model's direct children", responses=PAGES
)
async def list_children(neighbours: Neighbours) -> schemas.Neighbours:
    """The models that were made from a model directly, those with the most children first."""
    return await neighbours("descendants")


@router.get(
    "/models/{model_id}/paths",
    summary="List the shortest paths between two models",
    responses=PAGES,
)
async def list_paths(
    request: Request,
    at: OfModel,
    to: Annotated[UUID, Query(description="The id of the model at the other end.")],
    where: Where,
    asked: Paging,
    ways: Annotated[Ways, Query(description=WAYS)] = "lineage",
) -> schemas.Paths:
    """All shortest paths from a model to another."""
    end = await find(request, at.graph, to)
    ends = (at.number, end.number)
    return await kin.paths(request.app.state.database, end.graph, ends, ways, where, asked)


@router.get("/graph/common", summary="List what several models have in common", responses=PAGES)
async def list_common_ancestors(
    request: Request, graph: InMemory, models: Models, where: Where, asked: Paging
) -> schemas.CommonAncestors:
    """The common ancestors of models, nearest first, such as the base that they share."""
    numbers: list[int] = []
    for model in models:
        at = await find(request, graph, model)
        graph = at.graph
        numbers.append(at.number)
    return await kin.common(graph, numbers, where, asked)


@router.get("/models/{model_id}/shares", summary="Get the contributions to a model", responses=ONE)
async def get_shares(at: OfModel, limit: Most = 100) -> schemas.Shares:
    """How much of a model goes back to each of its origins; the answer states the rule."""
    return await inheritance.shares(at, limit)


@router.get(
    "/models/{model_id}/licences", summary="Get the licences that a model inherits", responses=ONE
)
async def get_licences(at: OfModel) -> schemas.Licences:
    """The licences of a model and its ancestors, and where on the way one of them is broken.

    This is a help for people who decide, not legal advice.
    """
    return await inheritance.licences(at)


@router.get(
    "/models/{model_id}/contamination",
    summary="Get the flags that a model inherits",
    responses=ONE,
)
async def get_contamination(
    at: OfModel, session: Session, limit: Most = 100
) -> schemas.Contamination:
    """The flags that a moderator set on a model or on one of its ancestors, with the paths."""
    return await inheritance.contamination(session, at, limit)
