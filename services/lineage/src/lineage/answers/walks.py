"""Answers to walks: a page of models with their edges, or all models as a stream."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.answers import schemas
from lineage.answers.edges import described
from lineage.answers.lines import lines
from lineage.answers.parameters import At
from lineage.memory.filters import EdgeFilter
from lineage.questions.walks import FROM_START, Band, Way, bands, walk_page
from mergehub.kit.paging.pages import PageRequest

LINES = "application/x-ndjson"
STREAMED: dict[int | str, dict[str, Any]] = {
    200: {"content": {LINES: {"schema": {"$ref": "#/components/schemas/Node"}}}},
}


async def walk(
    at: At,
    session: AsyncSession,
    way: Way,
    where: EdgeFilter | None,
    max_depth: int | None,
    asked: PageRequest,
) -> schemas.Walk:
    """A page of a walk. Raises BadCursor."""
    graph = at.graph
    after = asked.after(int, int, int) or FROM_START
    page = await asyncio.to_thread(
        walk_page, graph, at.number, way, where, max_depth, after, asked.limit
    )
    return schemas.Walk(
        start=graph.id(at.number),
        nodes=[node for band in page.bands for node in _nodes(at, band)],
        edges=await described(session, graph, page.edges),
        truncated=page.truncated,
        next_cursor=asked.next_after(*page.end) if page.end else None,
        as_of=graph.as_of,
    )


def _nodes(at: At, band: Band) -> list[schemas.Node]:
    pairs = zip(at.graph.ids(band.models), at.graph.names_of(band.models), strict=True)
    return [schemas.Node(id=id, name=name, depth=band.depth, side=band.side) for id, name in pairs]


def streamed(
    at: At, way: Way, where: EdgeFilter | None, max_depth: int | None
) -> StreamingResponse:
    """All models of a walk, nearest first, a line each; made in a thread as the client reads."""
    found = (band for _, band in bands(at.graph, at.number, way, where))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Vary": "Accept"}
    return StreamingResponse(lines(at.graph, found, max_depth), media_type=LINES, headers=headers)
