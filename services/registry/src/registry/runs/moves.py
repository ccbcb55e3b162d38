"""The only place where the state of a run changes.

Callers hold the row's lock (`repository.lock`), so the state that they read is the one that they
change. Each move writes its event in the same transaction; its commit wakes the run's followers.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.events import RunChanged
from mergehub.contracts.runs import FINAL, LEASE_SECONDS, MOVES, RunState
from mergehub.kit.database.notify import notify
from registry.events.models import outbox
from registry.runs.errors import IllegalMove
from registry.runs.measures import measure
from registry.runs.models import RunRow
from registry.runs.workers.service import rest

CHANNEL = "mergehub_runs"
LEASE = timedelta(seconds=LEASE_SECONDS)

EVENTS = {
    RunState.QUEUED: "run.queued",
    RunState.RUNNING: "run.started",
    RunState.SUCCEEDED: "run.succeeded",
    RunState.FAILED: "run.failed",
    RunState.CANCELLED: "run.cancelled",
}


async def move(
    session: AsyncSession,
    run: RunRow,
    to: RunState,
    now: datetime,
    pause: timedelta = timedelta(0),
) -> None:
    """Bring `run` into the state `to`; if that is queued, it is due after `pause`.

    Raises IllegalMove if MOVES does not allow this.
    """
    if to not in MOVES[RunState(run.state)]:
        raise IllegalMove(f"The run is {run.state} and cannot become {to}.")
    if run.state == RunState.RUNNING:
        await rest(session, run.worker)
        measure(session, lambda measures: measures.ended(run, to, now))
    elif to is RunState.RUNNING and run.claimed_at is None:
        measure(session, lambda measures: measures.claimed(run, now))
    run.state = to
    run.lease_expires_at = now + LEASE if to is RunState.RUNNING else None
    if to is RunState.RUNNING:
        run.claimed_at, run.started_at = now, run.started_at or now
    if to is RunState.QUEUED:
        run.due_at, run.worker = now + pause, None
    run.finished_at = now if to in FINAL else None
    await touch(session, run)
    await announce(session, run)


async def touch(session: AsyncSession, run: RunRow) -> None:
    """Raise the revision of `run`, and wake its followers at the commit."""
    run.revision += 1
    await notify(session, CHANNEL, str(run.id))


async def announce(session: AsyncSession, run: RunRow) -> None:
    """Write the event of the current state of `run`."""
    error = run.error if run.state == RunState.FAILED else None
    data = RunChanged(
        run=run.id,
        kind=run.kind,
        hardware=run.hardware,
        attempt=run.attempt,
        error_code=error["code"] if error else None,
        error_message=error["message"] if error else None,
        model_name=run.model_name,
        recipe_version=run.spec.get("recipe_version"),
        started_at=run.started_at,
    )
    event = EVENTS[RunState(run.state)]
    await outbox.emit(session, event, f"runs/{run.id}", data, run.private_to, run.traceparent)
