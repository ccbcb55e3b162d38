"""The workers' operations on runs: claim, renew the lease, release and report.

The fence of a claim is the right to report on a run. It is checked under the row's lock, so of two
workers that both believe they hold a run, only one can report.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

import structlog
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.hardware import SUITABLE, Needs, lacking
from mergehub.contracts.kinds import RunSpec
from mergehub.contracts.runs import (
    HEARTBEAT_SECONDS,
    LEASE_SECONDS,
    Claim,
    ClaimRequest,
    HeartbeatAnswer,
    HeartbeatRequest,
    ReleaseRequest,
    ReportRequest,
    Run,
    RunError,
    RunState,
)
from registry.runs.errors import RunDoesNotFit, RunLeased, StaleFence
from registry.runs.kinds import handler_of
from registry.runs.measures import Measures, measure
from registry.runs.models import RunRow
from registry.runs.moves import LEASE, move, touch
from registry.runs.protocol import outcome
from registry.runs.service import locked

log = structlog.get_logger()

_SPEC: TypeAdapter[RunSpec] = TypeAdapter(RunSpec)


async def claim(session: AsyncSession, run_id: UUID, request: ClaimRequest) -> Claim:
    """Give a queued run to a worker; a worker that missed the answer gets the run again.

    Raises RunLeased if it is not queued, RunDoesNotFit, and RunNotFound.
    """
    run, now = await locked(session, run_id)
    if _is_repeated(run, request):
        run.lease_expires_at = now + LEASE
    elif run.state == RunState.QUEUED:
        _check_room(run, request)
        run.fence += 1
        run.attempt += 1
        run.worker, run.claim_nonce = request.worker, request.nonce
        run.progress = None
        await move(session, run, RunState.RUNNING, now)
    else:
        holder = f" by {run.worker}" if run.state == RunState.RUNNING else ""
        raise RunLeased(f"The run is {run.state}{holder}; only a queued run can be claimed.")
    return await _granted(session, run)


def _check_room(run: RunRow, request: ClaimRequest) -> None:
    suitable = SUITABLE[run.hardware]
    if request.hardware is not None and request.hardware not in suitable:
        raise RunDoesNotFit(f"It needs a {run.hardware} worker; this worker is {request.hardware}.")
    if run.needs and (faults := lacking(Needs.model_validate(run.needs), request.capacity)):
        raise RunDoesNotFit(" ".join(faults))
    if said := handler_of(run.kind).unfit(run.spec, request):
        raise RunDoesNotFit(said)


def _is_repeated(run: RunRow, request: ClaimRequest) -> bool:
    """Whether this same request was granted before, and its answer was lost."""
    return (
        run.state == RunState.RUNNING
        and request.nonce is not None
        and (run.worker, run.claim_nonce) == (request.worker, request.nonce)
    )


async def _granted(session: AsyncSession, run: RunRow) -> Claim:
    spec = await handler_of(run.kind).granted(session, _SPEC.validate_python(run.spec))
    return Claim(
        run_id=run.id,
        fence=run.fence,
        attempt=run.attempt,
        lease_seconds=LEASE_SECONDS,
        heartbeat_seconds=HEARTBEAT_SECONDS,
        timeout_seconds=run.timeout_seconds,
        spec=spec,
        products={name: UUID(run_id) for name, run_id in run.products.items()},
        traceparent=run.traceparent,
    )


async def heartbeat(
    session: AsyncSession, run_id: UUID, request: HeartbeatRequest
) -> HeartbeatAnswer:
    """Renew the lease; store progress and warnings. Raises StaleFence and RunNotFound."""
    run, now = await _owned(session, run_id, request.fence)
    measure(session, Measures.renewed)
    run.lease_expires_at = now + LEASE
    if request.needs is not None:
        run.needs = request.needs.model_dump()
    noted = outcome.note(run, request.warnings)
    if request.progress is not None:
        run.progress = request.progress.model_dump(mode="json")
    if noted or request.progress is not None:
        await touch(session, run)
    return HeartbeatAnswer(order="cancel" if run.cancel_requested else "go_on")


async def release(session: AsyncSession, run_id: UUID, request: ReleaseRequest) -> Run:
    """Return a run to the queue without using up the attempt. Raises StaleFence and RunNotFound."""
    run, now = await _owned(session, run_id, request.fence)
    log.info("run.released", run=str(run_id), worker=run.worker, reason=request.reason)
    run.attempt -= 1
    if request.needs is not None:
        run.needs = request.needs.model_dump()
        run.error = RunError(code="no-room", message=request.reason).model_dump(mode="json")
    to = RunState.CANCELLED if run.cancel_requested else RunState.QUEUED
    await move(session, run, to, now)
    return Run.model_validate(run)


async def report(session: AsyncSession, run_id: UUID, request: ReportRequest) -> Run:
    """Store the outcome of an attempt with its events; the same report again changes nothing.

    Raises:
        StaleFence: another worker has the run, or it has ended.
        ReportInvalid: the report lacks what its outcome needs, or is for another kind of run.
        RunNotFound: the run does not exist.
    """
    digest = hashlib.sha256(request.model_dump_json().encode()).hexdigest()
    if request.result is not None:
        await handler_of(request.result.kind).prepare(session, run_id)
    run, now = await locked(session, run_id)
    if run.report_digest != digest:
        _check_owner(session, run, request.fence)
        run.report_digest = digest
        await outcome.store(session, run, request, now)
    return Run.model_validate(run)


async def _owned(session: AsyncSession, run_id: UUID, fence: int) -> tuple[RunRow, datetime]:
    run, now = await locked(session, run_id)
    _check_owner(session, run, fence)
    return run, now


def _check_owner(session: AsyncSession, run: RunRow, fence: int) -> None:
    if run.state != RunState.RUNNING or run.fence != fence:
        if measures := session.info.get(Measures):
            measures.refused()
        raise StaleFence(
            f"The run is {run.state} and its fence is {run.fence}, but yours is {fence}: "
            "stop working on it."
        )
