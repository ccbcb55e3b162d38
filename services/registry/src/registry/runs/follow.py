"""Following a run: as a stream of events until it ends, or by waiting for its next change."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import UUID

from mergehub.contracts.runs import FINAL, Run
from mergehub.kit.background.resources import Resources
from mergehub.kit.http.follow import HEARTBEAT, changed, event_frame, revisions
from mergehub.kit.identity.tokens import Viewer
from mergehub.kit.single_flight import SingleFlight
from registry.runs import service
from registry.runs.errors import RunNotFound
from registry.runs.moves import CHANNEL


class Following:
    """All followers of runs in one process: those of the same run share one query.

    Each query checks for each follower whether it may see a private run.
    """

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._looks = SingleFlight[UUID, Run](fresh=True)
        resources.closing.push_async_callback(self._looks.close)

    async def look(self, run_id: UUID, viewer: Viewer) -> Run:
        """The run as it is now; returns its connection at once. Raises RunNotFound."""
        run = await self._looks(run_id, lambda: self._look(run_id))
        if run.visibility != "public":
            async with self._resources.database.reading() as session:
                await service.check_seen(session, run, viewer)
        return run

    async def _look(self, run_id: UUID) -> Run:
        async with self._resources.database.reading() as session:
            return await service.find_unseen(session, run_id)

    async def frames(self, run_id: UUID, viewer: Viewer, after: int) -> AsyncIterator[str]:
        """Frames of the run at each new revision beyond `after`, until the final one.

        The frames also end when the viewer may no longer see the run.
        """
        signals = self._resources.signals
        with signals.subscribe(CHANNEL, str(run_id)) as woken, suppress(RunNotFound):
            async for run, new in revisions(lambda: self.look(run_id, viewer), woken, after):
                yield event_frame("run", run.revision, run.model_dump_json()) if new else HEARTBEAT
                if run.state in FINAL:
                    return

    async def next_change(self, run_id: UUID, viewer: Viewer, after: int, seconds: float) -> Run:
        """The run beyond the revision `after`, or as it is after `seconds`. Raises RunNotFound."""
        with self._resources.signals.subscribe(CHANNEL, str(run_id)) as woken:
            return await changed(lambda: self.look(run_id, viewer), woken, after, seconds)
