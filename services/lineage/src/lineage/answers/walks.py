"""Answers to walks: a page of models with their edges, or all models as a stream."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Any

from fastapi.responses import StreamingResponse

from lineage.answers.edges import edge_texts
from lineage.answers.lines import lines
from lineage.answers.parameters import At
from lineage.answers.texts import node_texts
from lineage.memory.filters import EdgeFilter
from lineage.questions.walks import FROM_START, Way, bands, is_short, walk_page
from mergehub.kit.database.database import Database
from mergehub.kit.paging.pages import PageRequest

LINES = "application/x-ndjson"
STREAMED: dict[int | str, dict[str, Any]] = {
    200: {"content": {LINES: {"schema": {"$ref": "#/components/schemas/Node"}}}},
}


async def walk(
    at: At,
    database: Database,
    way: Way,
    where: EdgeFilter | None,
    max_depth: int | None,
    asked: PageRequest,
) -> bytes:
    """A page of a walk, as JSON in the form of `schemas.Walk`. Raises BadCursor."""
    graph = at.graph
    after = asked.after(int, int, int) or FROM_START
    make = partial(walk_page, graph, at.number, way, where, max_depth, after, asked.limit)
    page = make() if is_short(graph, at.number, way) else await asyncio.to_thread(make)
    edges = await edge_texts(database, graph, page.edges)
    end = asked.next_after(*page.end) if page.end else None
    return (
        f'{{"start":"{graph.id(at.number)}","nodes":[{",".join(node_texts(graph, page.bands))}],'
        f'"edges":[{",".join(edges)}],"truncated":{json.dumps(page.truncated)},'
        f'"next_cursor":{json.dumps(end)},"as_of":{graph.as_of}}}'
    ).encode()


def streamed(
    at: At, way: Way, where: EdgeFilter | None, max_depth: int | None
) -> StreamingResponse:
    """All models of a walk, nearest first, a line each; made in a thread as the client reads."""
    found = (band for _, band in bands(at.graph, at.number, way, where))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Vary": "Accept"}
    return StreamingResponse(lines(at.graph, found, max_depth), media_type=LINES, headers=headers)
