"""`/v1/workers`: the list of workers, and their registration."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Request

from mergehub.contracts.workers import WORKER_PROTOCOL, WorkerBeat
from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session, UrgentSession
from mergehub.kit.identity.auth import Viewing, requires
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import Forbidden, Unauthenticated, problem_responses
from registry.runs.workers import service
from registry.runs.workers.schemas import SigningKeys, WorkerPage

router = Router(prefix="/v1/workers", tags=["workers"])
protocol = Router(
    prefix=router.prefix,
    tags=[WORKER_PROTOCOL],
    dependencies=[Depends(requires("worker"))],
    responses=problem_responses(Unauthenticated, Forbidden),
)

Name = Annotated[str, Path(min_length=1, max_length=200)]


@router.get(
    "",
    summary="List workers and what they do",
    responses=problem_responses(BadCursor, Unauthenticated),
)
async def list_workers(
    session: Session,
    asked: Paging,
    viewer: Viewing,
) -> WorkerPage:
    """The workers, sorted by name: whether each is alive, what it works on and since when.

    A private run is shown to those who belong to its owner.
    """
    return await service.page(session, viewer, asked)


@router.get(
    "/keys",
    summary="List the public keys that check signed models",
    responses=problem_responses(Unauthenticated),
)
async def list_signing_keys(request: Request, viewer: Viewing) -> SigningKeys:
    """The public keys of this hub's workers, the present one first.

    A worker signs a statement of provenance beside each model that a run makes. `mergehub verify`
    checks the model by it.
    """
    return service.signing_keys(request.app.state.resources.settings.signing_public_keys)


@protocol.put("/{name}", summary="Register a worker, or keep it registered", status_code=204)
async def beat_worker(name: Name, body: WorkerBeat, session: UrgentSession) -> None:
    """Register a worker. It repeats this every ten seconds."""
    await service.beat(session, name, body)


@protocol.delete("/{name}", summary="Sign a worker off", status_code=204)
async def leave_worker(name: Name, session: UrgentSession) -> None:
    """Sign off a worker; the run that it holds stays under its lease."""
    await service.leave(session, name)
