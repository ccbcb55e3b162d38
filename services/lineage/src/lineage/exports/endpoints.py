"""`/v1/graph/export`: the graph as a file."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import StreamingResponse

from lineage.exports.formats import FORMATS, FormatName
from lineage.exports.service import exported
from lineage.map.neighbourhood import Around
from lineage.map.parameters import (
    Depth,
    Directions,
    FilterBy,
    Focus,
    directions_of,
    focused,
)
from lineage.models.service import ModelNotFound
from lineage.replica.serving import GraphLoading, InMemory
from mergehub.kit.background.resources import Resources
from mergehub.kit.http.routes import Router
from mergehub.kit.problems.problem import problem_responses

router = Router(prefix="/v1/graph", tags=["graph"])

ALL = 2**31 - 1
InFormat = Annotated[FormatName, Query(alias="format", description="The format of the file.")]
MostModels = Annotated[
    int | None, Query(alias="limit", ge=1, description="The most models; without it, all.")
]
FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {
            FORMATS[name]("").media_type.partition(";")[0]: {"schema": {"type": "string"}}
            for name in FORMATS
        },
    }
}


@router.get(
    "/export",
    summary="Download the graph as a file",
    response_class=StreamingResponse,
    responses={**FILE, **problem_responses(ModelNotFound, GraphLoading)},
)
async def export_graph(
    request: Request,
    graph: InMemory,
    wanted: FilterBy,
    format: InFormat,
    focus: Focus = None,
    direction: Directions = "both",
    depth: Depth = 1000,
    limit: MostModels = None,
) -> StreamingResponse:
    """The models around one, or all, with the edges between them, as a file.

    Edges lead from parent to child. `openlineage` has the events of each merge, a line each.
    """
    around = Around(directions_of(direction), depth, limit or ALL, 0)
    asked = await focused(request, graph, focus, around, wanted)
    selected = await asyncio.to_thread(asked.select)
    resources: Resources = request.app.state.resources
    file = FORMATS[format](resources.settings.address)
    return StreamingResponse(
        exported(resources.database, selected, file),
        media_type=file.media_type,
        headers={"Content-Disposition": f'attachment; filename="lineage.{file.suffix}"'},
    )
