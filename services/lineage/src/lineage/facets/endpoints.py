"""`/v1/graph/facets`: what a map can be filtered by."""

from __future__ import annotations

import asyncio

from fastapi import Request

from lineage.facets.current import facets_for
from lineage.facets.schemas import Facets
from lineage.map.parameters import FilterBy
from lineage.replica.serving import GraphLoading, InMemory
from mergehub.kit.http.routes import Router
from mergehub.kit.problems.problem import problem_responses

router = Router(prefix="/v1/graph", tags=["graph"])


@router.get("/facets", summary="Get what to filter by", responses=problem_responses(GraphLoading))
async def get_facets(request: Request, graph: InMemory, wanted: FilterBy) -> Facets:
    """What a map can be filtered by: methods, licences and so on, and how many models have each.

    With filters, the models that such a map has are counted. A filter does not narrow its own list:
    `method=ties` lists all methods still, and only the licences of models around merges by `ties`.
    On a large graph an answer may be ten seconds old; `as_of` says of which change it is.
    """
    return await asyncio.to_thread(facets_for(request, wanted).facets, graph)
