"""`GET /v1/graph/changes`: wait until a map has something new to show."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query, Request

from lineage.map.schemas import GraphState
from lineage.replica.replica import Replica
from lineage.replica.serving import GraphLoading, InMemory, replica_of
from lineage.scores.following import ScoreFollower
from lineage.scores.serving import follower_of
from mergehub.contracts.shapes import Moment
from mergehub.kit.http.follow import LONGEST_WAIT_SECONDS
from mergehub.kit.http.routes import Router
from mergehub.kit.http.waiting import end_of_process, first_of
from mergehub.kit.problems.problem import problem_responses
from mergehub.kit.request_clock import unhurried

router = Router(prefix="/v1", tags=["graph"])

AsOf = Annotated[int, Query(ge=0, lt=2**63, description="`as_of` of the answer that you have.")]
ScoresAsOf = Annotated[
    Moment | None, Query(description="`scores_as_of` of the answer that you have.")
]
Wait = Annotated[
    int,
    Query(ge=0, le=LONGEST_WAIT_SECONDS, description="How many seconds to wait for a change."),
]


@router.get(
    "/graph/changes",
    summary="Follow changes of the graph",
    responses=problem_responses(GraphLoading),
)
async def follow_changes(
    request: Request,
    graph: InMemory,
    as_of: AsOf = 0,
    scores_as_of: ScoresAsOf = None,
    wait: Wait = 0,
) -> GraphState:
    """How new the graph and its scores are, as soon as one is newer than what you have.

    After `wait` seconds the answer says the same as before. Ask again then.
    """
    replica, scores = replica_of(request.app), follower_of(request.app)
    with unhurried():
        await _newer(replica, as_of, scores, scores_as_of, wait)
    return GraphState(as_of=(replica.graph or graph).as_of, scores_as_of=scores.scores.as_of)


async def _newer(
    replica: Replica, as_of: int, follower: ScoreFollower, scored: datetime | None, wait: int
) -> None:
    """Return once the graph or a score is newer, after `wait` seconds, or if the process ends."""
    with end_of_process() as ending:
        newer = (replica.newer(as_of), follower.newer(scored), ending.wait())
        await first_of(newer, wait)
