"""`/v1/boards/{board}/scores`: the scores of a board, in the order in which they changed."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from leaderboard.boards.service import BoardNotFound
from leaderboard.scores import schemas, service
from mergehub.kit.background.resources import Resources
from mergehub.kit.http.follow import LONGEST_WAIT_SECONDS
from mergehub.kit.http.pagination import link_next
from mergehub.kit.http.routes import Router
from mergehub.kit.problems.problem import problem_responses

router = Router(prefix="/v1/boards", tags=["boards"])

After = Annotated[
    int, Query(ge=0, lt=2**63, description="`next_after` of the last page; 0: from the beginning.")
]
Limit = Annotated[int, Query(ge=1, le=5000, description="The largest number of items to return.")]
Wait = Annotated[
    int,
    Query(
        ge=0,
        le=LONGEST_WAIT_SECONDS,
        description="How many seconds to wait for a change if there is none yet.",
    ),
]


@router.get(
    "/{board}/scores", summary="List changed scores", responses=problem_responses(BoardNotFound)
)
async def list_scores(
    board: str,
    request: Request,
    response: Response,
    after: After = 0,
    limit: Limit = 1000,
    wait: Wait = 0,
) -> schemas.ScorePage:
    """The scores of a board that changed after `after`, each model once; `Link` has the rest.

    If a parent's score changes, the uplift of its merges does, so they are listed again.
    """
    resources: Resources = request.app.state.resources
    page = await service.after(resources, board, after, limit, wait)
    link_next(request, response, page.next_after if page.has_more else None, "after")
    return page
