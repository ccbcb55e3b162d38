"""Ringing the workers' doorbell for queued runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from arq import ArqRedis

from mergehub.contracts.events import Envelope
from mergehub.contracts.hardware import SUITABLE
from mergehub.contracts.runs import RunState
from mergehub.kit.database import Database
from mergehub.kit.doorbell import ring
from registry.runs import repository
from registry.runs.models import RunRow


class Bell:
    """Rings for a run when it is due, once per fence: a bell that still waits is not doubled."""

    def __init__(self, database: Database, pool: ArqRedis) -> None:
        self._database = database
        self._pool = pool

    async def on_events(self, events: Sequence[Envelope]) -> None:
        """Ring for the runs that these events put into a queue and that are still there."""
        queued = {UUID(event.data["run"]) for event in events if event.type == "run.queued"}
        if queued:
            async with self._database.transaction() as session:
                runs = await repository.find_all(session, queued)
            await self.ring(run for run in runs.values() if run.state == RunState.QUEUED)

    async def ring(self, runs: Iterable[RunRow]) -> None:
        for run in runs:
            for hardware in SUITABLE[run.hardware]:
                await ring(self._pool, run.id, hardware, run.fence, run.due_at)
