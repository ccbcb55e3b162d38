"""`/v1/runs/{id}/…` for workers: claim, heartbeat, release and report."""

from __future__ import annotations

from uuid import UUID

from fastapi import Depends
from structlog.contextvars import bind_contextvars

from mergehub.contracts.runs import (
    Claim,
    ClaimRequest,
    HeartbeatAnswer,
    HeartbeatRequest,
    ReleaseRequest,
    ReportRequest,
    Run,
)
from mergehub.contracts.workers import WORKER_PROTOCOL
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session, UrgentSession
from mergehub.kit.identity.auth import requires
from mergehub.kit.problems.problem import Forbidden, Unauthenticated, problem_responses
from registry.runs.errors import ReportInvalid, RunDoesNotFit, RunLeased, RunNotFound, StaleFence
from registry.runs.protocol import service as protocol


async def _log_run(run_id: UUID) -> None:
    """Give every line that is logged for the request the id of the run."""
    bind_contextvars(run=str(run_id))


router = Router(
    prefix="/v1/runs/{run_id}",
    tags=[WORKER_PROTOCOL],
    dependencies=[Depends(requires("worker")), Depends(_log_run)],
    responses=problem_responses(Unauthenticated, Forbidden, RunNotFound),
)


@router.post(
    "/claim", summary="Claim a queued run", responses=problem_responses(RunLeased, RunDoesNotFit)
)
async def claim_run(run_id: UUID, body: ClaimRequest, session: Session) -> Claim:
    """Claim a queued run. From now on, the fence proves the right to report on it."""
    return await protocol.claim(session, run_id, body)


@router.post(
    "/heartbeat",
    summary="Renew a lease and report progress",
    responses=problem_responses(StaleFence),
)
async def heartbeat_run(
    run_id: UUID, body: HeartbeatRequest, session: UrgentSession
) -> HeartbeatAnswer:
    """Renew the lease, report the progress, and learn whether to continue."""
    return await protocol.heartbeat(session, run_id, body)


@router.post(
    "/release", summary="Return a run to the queue", responses=problem_responses(StaleFence)
)
async def release_run(run_id: UUID, body: ReleaseRequest, session: UrgentSession) -> Run:
    """Return a run to the queue; this attempt does not count."""
    return await protocol.release(session, run_id, body)


@router.post(
    "/report",
    summary="Report how a run ended",
    responses=problem_responses(StaleFence, ReportInvalid),
)
async def report_run(run_id: UUID, body: ReportRequest, session: UrgentSession) -> Run:
    """End the attempt with its outcome. Sending the same report again changes nothing."""
    return await protocol.report(session, run_id, body)
