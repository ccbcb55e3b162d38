"""Following a run: as a stream of events to its end, or by waiting for its next change."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import UUID

from mergehub.contracts.runs import FINAL, Run
from mergehub.kit.app import Resources
from mergehub.kit.auth import Principal
from mergehub.kit.follow import HEARTBEAT, changed, event_frame, revisions
from registry.runs import service
from registry.runs.errors import RunNotFound
from registry.runs.moves import CHANNEL


async def look(resources: Resources, run_id: UUID, viewer: Principal | None) -> Run:
    """The run as it stands; the connection is given back at once. Raises RunNotFound."""
    async with resources.database.transaction() as session:
        return await service.find(session, run_id, viewer)


async def follow(
    resources: Resources, run_id: UUID, viewer: Principal | None, after: int
) -> AsyncIterator[str]:
    """Frames of the run at each revision beyond `after` that is met, to the final one.

    They end as well where the viewer may no longer see the run.
    """
    with resources.signals.subscribe(CHANNEL, str(run_id)) as woken, suppress(RunNotFound):
        async for run, new in revisions(lambda: look(resources, run_id, viewer), woken, after):
            yield event_frame("run", run.revision, run.model_dump_json()) if new else HEARTBEAT
            if run.state in FINAL:
                return


async def next_change(
    resources: Resources, run_id: UUID, viewer: Principal | None, after: int, seconds: float
) -> Run:
    """The run beyond the revision `after`, or after `seconds` as it is. Raises RunNotFound."""
    with resources.signals.subscribe(CHANNEL, str(run_id)) as woken:
        return await changed(lambda: look(resources, run_id, viewer), woken, after, seconds)
