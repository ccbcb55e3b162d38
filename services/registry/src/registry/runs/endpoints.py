"""`/v1/runs` for people and programs that submit runs, follow, cancel and retry them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import StringConstraints

from mergehub.contracts.kinds import KindName, RunCreate
from mergehub.contracts.runs import FINAL, Run, RunState, SubmittedRun
from mergehub.kit.http.follow import LastEventId, Wait, event_stream, followed
from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.identity.auth import Viewing
from mergehub.kit.middleware.etags import is_known
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import Forbidden, Unauthenticated, problem_responses
from registry.accounts.access import NotYours
from registry.accounts.errors import NoAccount
from registry.acting import acting
from registry.actor import Actor
from registry.idempotency.errors import KeyInProgress
from registry.idempotency.once import Answered, Once
from registry.recipes.check import RecipeInvalid
from registry.recipes.schemas import AnyCase
from registry.runs import service
from registry.runs.errors import (
    PrivateMixed,
    RunFinished,
    RunNotFound,
    RunNotSucceeded,
    RunQuotaExceeded,
    SourcePrivate,
)
from registry.runs.follow import Following
from registry.runs.repository import RunFilter
from registry.runs.schemas import ItemsOfRuns, RunItems, RunPage, Waiting
from registry.stored.errors import ModelGone, StorageQuotaExceeded

router = Router(prefix="/v1/runs", tags=["runs"])

Submitter = Annotated[Actor, Depends(acting("runs:submit"))]
State = Annotated[RunState | None, Query()]
SEEN = problem_responses(RunNotFound, Unauthenticated)
Benchmark = Annotated[str, Query(min_length=1, max_length=200)]
UUID_LENGTH = 36
RunAndBenchmark = Annotated[
    str,
    StringConstraints(
        max_length=UUID_LENGTH + 201,
        pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}:.+$",
    ),
]
ItemsWanted = Annotated[
    list[RunAndBenchmark],
    Query(
        min_length=1,
        max_length=20,
        description="A run's id, a colon, and the benchmark. What is not there, or may not be "
        "seen, is left out of the answer.",
        examples=[["0b0e4c8e-6b0e-4c8e-8b0e-4c8e6b0e4c8e:dates"]],
    ),
]
Owner = Annotated[AnyCase | None, Query(description="The handle of the runs' owner.")]
ModelName = Annotated[
    str | None,
    Query(min_length=1, max_length=500, description="The name of the run's model, in any case."),
]
Kind = Annotated[KindName | None, Query()]
OfRecipe = Annotated[
    UUID | None, Query(description="The id of a recipe: the runs that name one of its versions.")
]


@router.post(
    "",
    summary="Submit a run",
    status_code=202,
    response_model=SubmittedRun,
    responses=problem_responses(
        Unauthenticated,
        Forbidden,
        NotYours,
        NoAccount,
        RunNotSucceeded,
        PrivateMixed,
        SourcePrivate,
        KeyInProgress,
        RecipeInvalid,
        RunQuotaExceeded,
        ModelGone,
        StorageQuotaExceeded,
    ),
)
async def submit_run(
    body: RunCreate, session: Session, submitter: Submitter, once: Once
) -> Response:
    """Queue a run. `Location` says where to follow it; `notes` say what to know about it."""

    async def effect() -> Answered:
        run = await service.submit(session, submitter, body)
        return Answered(202, run, {"Location": f"/v1/runs/{run.id}"})

    return await once(session, submitter, body, effect)


@router.get("", summary="List runs", responses=problem_responses(BadCursor, Unauthenticated))
async def list_runs(
    session: Session,
    asked: Paging,
    viewer: Viewing,
    owner: Owner = None,
    state: State = None,
    kind: Kind = None,
    model: ModelName = None,
    recipe: OfRecipe = None,
) -> RunPage:
    """Summaries of runs, newest first. A private run is shown to those who belong to its owner."""
    return await service.page(session, RunFilter(owner, state, kind, model, recipe), viewer, asked)


@router.get(
    "/items",
    summary="List the scores of each item of several benchmarks",
    responses=problem_responses(Unauthenticated),
)
async def list_items_of_runs(session: Session, viewer: Viewing, of: ItemsWanted) -> ItemsOfRuns:
    """The item scores of several benchmarks of several runs, in one answer."""
    wanted = [(UUID(each[:UUID_LENGTH]), each[UUID_LENGTH + 1 :]) for each in of]
    return await service.items_of_runs(session, wanted, viewer)


@router.get("/{run_id}", summary="Get a run, or wait for its next change", responses=SEEN)
async def get_run(
    run_id: UUID, request: Request, response: Response, viewer: Viewing, wait: Wait = 0
) -> Run:
    """A run as it is now; its `ETag` is its revision.

    A client that cannot read a stream sends that `ETag` in `If-None-Match` and how long to
    `wait`. It gets the run as soon as it changes.
    """
    following: Following = request.app.state.following
    run = await following.look(run_id, viewer)
    if wait and run.state not in FINAL and is_known(request, f'"{run.revision}"'):
        run = await following.next_change(run_id, viewer, run.revision, wait)
    response.headers["ETag"] = f'"{run.revision}"'
    return run


@router.get("/{run_id}/waiting", summary="Get what a queued run waits for", responses=SEEN)
async def get_waiting(run_id: UUID, session: Session, viewer: Viewing) -> Waiting:
    """Why no worker takes a queued run: none suits it, or none may do it.

    The answer changes with the workers that register, so ask again while the run is queued.
    """
    return await service.waiting(session, run_id, viewer)


@router.get(
    "/{run_id}/items", summary="List the scores of each item of a benchmark", responses=SEEN
)
async def list_run_items(
    run_id: UUID, session: Session, viewer: Viewing, benchmark: Benchmark
) -> RunItems:
    """The item scores of one benchmark that the run evaluated."""
    return await service.items(session, run_id, benchmark, viewer)


@router.get(
    "/{run_id}/events",
    summary="Follow a run live",
    response_class=Response,
    responses=followed("run", Run) | SEEN,
)
async def follow_run(
    run_id: UUID, request: Request, viewer: Viewing, last_event_id: LastEventId = None
) -> Response:
    """Follow a run live: an event `run` with the run's JSON at each change, until the run ends.

    An event's id is the run's revision. With `Last-Event-ID` the stream starts after it.
    """
    following: Following = request.app.state.following
    run = await following.look(run_id, viewer)
    after = int(last_event_id or 0)
    if run.state in FINAL and run.revision <= after:
        return Response(status_code=204)
    return event_stream(following.frames(run_id, viewer, after))


@router.post(
    "/{run_id}/cancel",
    summary="Cancel a run",
    responses=problem_responses(Unauthenticated, Forbidden, NotYours, RunNotFound, RunFinished),
)
async def cancel_run(run_id: UUID, session: Session, actor: Submitter) -> Run:
    """Cancel a run: a queued one at once, a running one as soon as its worker asks."""
    return await service.cancel(session, actor, run_id)


@router.post(
    "/{run_id}/retry",
    summary="Retry a failed or cancelled run",
    responses=problem_responses(
        Unauthenticated,
        Forbidden,
        NotYours,
        RunNotFound,
        RunFinished,
        SourcePrivate,
        RunQuotaExceeded,
        ModelGone,
        StorageQuotaExceeded,
    ),
)
async def retry_run(run_id: UUID, session: Session, actor: Submitter) -> SubmittedRun:
    """Queue a failed or cancelled run again; what it had finished is kept for a day."""
    return await service.retry(session, actor, run_id)
