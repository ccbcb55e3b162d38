"""`/v1/models/facts`: the facts of models, in the order in which they changed."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from lineage.feed import schemas, service
from mergehub.kit.background.resources import Resources
from mergehub.kit.http.follow import LONGEST_WAIT_SECONDS
from mergehub.kit.http.pagination import link_next
from mergehub.kit.http.routes import Router

router = Router(prefix="/v1/models", tags=["models"])

After = Annotated[
    int, Query(ge=0, lt=2**63, description="`next_after` of the last page; 0: from the beginning.")
]
Limit = Annotated[int, Query(ge=1, le=2000, description="The largest number of items to return.")]
Wait = Annotated[
    int,
    Query(
        ge=0,
        le=LONGEST_WAIT_SECONDS,
        description="How many seconds to wait for a change if there is none yet.",
    ),
]


@router.get("/facts", summary="List changed models")
async def list_model_facts(
    request: Request, response: Response, after: After = 0, limit: Limit = 500, wait: Wait = 0
) -> schemas.FactsPage:
    """The models that changed after `after`, each once, with their facts, flags and parents.

    A model changes when it gets another name, fact or flag, or an edge to a parent is added,
    changed, withdrawn or restored. `Link` has the rest.
    """
    resources: Resources = request.app.state.resources
    page = await service.after(resources, after, limit, wait)
    link_next(request, response, page.next_after if page.has_more else None, "after")
    return page
