"""Ringing the workers' bell for queued runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from redis.asyncio import Redis

from mergehub.contracts.events import Envelope
from mergehub.contracts.hardware import SUITABLE
from mergehub.kit.database.database import Database
from mergehub.kit.events.doorbell import DueRun, ring
from mergehub.kit.events.outbox import OutboxColumns
from registry.runs import repository
from registry.runs.models import RunRow


class Bell:
    """Rings for a run when it is due, once per fence: a bell that still waits is not doubled."""

    def __init__(self, database: Database, redis: Redis) -> None:
        self._database = database
        self._redis = redis

    async def on_events(self, events: Sequence[Envelope] | Sequence[OutboxColumns]) -> None:
        """Ring for the runs that these events queued and that are still queued."""
        queued = {UUID(event.data["run"]) for event in events if event.type == "run.queued"}
        if queued:
            async with self._database.transaction() as session:
                waiting = await repository.waiting(session, queued)
            await self.ring(waiting)

    async def ring(self, runs: Iterable[RunRow]) -> None:
        """Ring in the queue of every suitable class of hardware.

        Among due runs the oldest comes first, so that a run whose worker died does not wait for all
        runs that were submitted in the meantime.
        """
        now = datetime.now(UTC)
        due = (
            DueRun(run.id, hardware, run.fence, run.created_at if run.due_at <= now else run.due_at)
            for run in runs
            for hardware in SUITABLE[run.hardware]
        )
        await ring(self._redis, list(due))
