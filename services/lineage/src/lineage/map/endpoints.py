"""`/v1/graph`: the data of the Merge Map."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import Header, Query, Request, Response

from lineage.map.binary import MEDIA_TYPE, as_binary
from lineage.map.columns import as_json
from lineage.map.neighbourhood import Around
from lineage.map.parameters import (
    MOST,
    Asked,
    Collapse,
    Depth,
    Directions,
    FilterBy,
    Focus,
    directions_of,
    focused,
)
from lineage.map.picture import Layout, picture
from lineage.map.schemas import Map
from lineage.models.service import ModelNotFound
from lineage.replica.serving import GraphLoading, InMemory
from lineage.scores.scores import Scores
from lineage.scores.serving import Known
from mergehub.kit.http.routes import Router
from mergehub.kit.problems.problem import problem_responses

router = Router(prefix="/v1", tags=["graph"])

MostNodes = Annotated[
    int, Query(alias="limit", ge=1, le=MOST, description="The most models to show.")
]
ByLayout = Annotated[
    Literal["layers", "families"] | None,
    Query(
        description="`layers`: ancestors on the left, descendants on the right; as a rule with a "
        "focus. `families`: each model amid what was made from it; as a rule without."
    ),
]
Accept = Annotated[str, Header(include_in_schema=False)]

BINARY = {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}


@router.get(
    "/graph",
    summary="Get a map",
    response_model=Map,
    responses={200: BINARY, **problem_responses(ModelNotFound, GraphLoading)},
)
async def get_map(
    request: Request,
    graph: InMemory,
    scores: Known,
    wanted: FilterBy,
    focus: Focus = None,
    direction: Directions = "both",
    depth: Depth = 2,
    limit: MostNodes = 500,
    collapse: Collapse = 5,
    layout: ByLayout = None,
    accept: Accept = "",
) -> Response:
    """The models around one, or the most important ones of all, with the place of each.

    The same question has the same answer, and a model keeps its place when a few are added.
    `Accept: application/vnd.mergehub.graph` gets the binary form.
    """
    around = Around(directions_of(direction), depth, limit, collapse)
    asked = await focused(request, graph, focus, around, wanted)
    drawn = layout or ("families" if focus is None else "layers")
    binary = MEDIA_TYPE in accept
    body = await asyncio.to_thread(_drawn, asked, scores, drawn, binary)
    media_type = MEDIA_TYPE if binary else "application/json"
    return Response(body, media_type=media_type, headers={"Vary": "Accept"})


def _drawn(asked: Asked, scores: Scores, layout: Layout, binary: bool) -> bytes:
    found = asked.select()
    place = None if found.focus is None else found.focus
    shown = picture(found.graph, found.chosen, place, found.wanted, layout)
    return (as_binary if binary else as_json)(found.graph, shown, scores)
