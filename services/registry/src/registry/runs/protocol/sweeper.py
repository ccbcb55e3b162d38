"""The sweeper of runs: it recovers runs from dead workers and from a Redis that lost its data.

Any number of replicas may sweep: each skips the rows that another one has locked.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.runs import RunError, timed_out
from mergehub.kit.database.database import Database
from mergehub.kit.telemetry.loops import turned
from registry.runs import repository
from registry.runs.measures import Measures, measure
from registry.runs.models import RunRow
from registry.runs.protocol.bell import Bell
from registry.runs.protocol.outcome import failed

log = structlog.get_logger()


class Sweeper:
    """Returns runs of silent workers to the queue, and rings again for unclaimed runs."""

    BATCH = 100
    PAUSE_SECONDS = 0.5  # with a lease of 12 s, another worker continues within 15 s
    RING_SECONDS = 10.0

    def __init__(self, database: Database, bell: Bell) -> None:
        self._database = database
        self._bell = bell

    async def run(self) -> None:
        """Sweep at once and then at intervals, without end."""
        while True:
            await self.sweep()
            turned()
            await asyncio.sleep(self.PAUSE_SECONDS)

    async def sweep(self) -> None:
        """Sweep once."""
        while await self.take_back_lapsed() == self.BATCH:
            pass
        await self.end_overdue()
        await self.ring_again()

    async def take_back_lapsed(self) -> int:
        """End attempts whose lease has ended, at most a batch; return how many."""
        async with self._database.transaction() as session:
            lapsed = await repository.lock_lapsed(session, self.BATCH)
            for run, now in lapsed:
                log.warning("run.lapsed", run=str(run.id), worker=run.worker, attempt=run.attempt)
                await _lapse(session, run, now)
        return len(lapsed)

    async def end_overdue(self) -> int:
        """End attempts that their worker lets run beyond their time; return how many."""
        async with self._database.transaction() as session:
            overdue = await repository.lock_overdue(session, self.BATCH)
            for run, now in overdue:
                await failed(session, run, timed_out(run.timeout_seconds), now)
        return len(overdue)

    async def ring_again(self) -> int:
        """Ring for queued runs that are due and unclaimed, at most a batch; return how many."""
        async with self._database.transaction() as session:
            due = await repository.lock_due(session, self.BATCH)
            for run, now in due:
                run.due_at = now
        async with asyncio.timeout(self.RING_SECONDS):  # a frozen Redis does not answer
            await self._bell.ring(run for run, _ in due)
        return len(due)


async def _lapse(session: AsyncSession, run: RunRow, now: datetime) -> None:
    """End the attempt of a worker that fell silent as failed; another worker may succeed."""
    measure(session, Measures.lapsed)
    last = run.attempt >= run.max_attempts
    before = RunError.model_validate(run.error) if run.error else None
    message = f"The worker {run.worker} stopped sending heartbeats in attempt {run.attempt}."
    if last:
        message = f"All {run.max_attempts} attempts are used up. {message}"
        message += f" The previous error: {before.message}" if before else ""
    error = RunError(
        code="attempts-exhausted" if last else "lease-lapsed",
        message=message[:10_000],
        last_lines=before.last_lines if before else [],
        retryable=not last,
    )
    # The fault is most likely the worker's, and the time of a lease is already lost.
    await failed(session, run, error, now, at_once=True)
