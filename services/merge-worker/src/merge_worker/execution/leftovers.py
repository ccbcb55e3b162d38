"""Frees what runs that ended without their worker left on disk, once the runs are final."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from merge_worker.child.messages import scratch_folder
from mergehub.artifacts import ArtifactStore, StoreFault
from mergehub.artifacts.folder_store import run_ids
from mergehub.contracts.runs import FINAL, Run, RunState
from mergehub.contracts.worker_client import RunClient, RunClientError
from mergehub.kit.settings.service import WorkerSettings
from mergehub.kit.telemetry.loops import turned

log = structlog.get_logger()

PAUSE_SECONDS = 300.0
REMOVE_SECONDS = 3600.0  # large models on a slow disk


class Leftovers:
    """The unfinished state of runs in a worker's folders; only the hub knows which continue."""

    def __init__(self, settings: WorkerSettings, client: RunClient) -> None:
        self._settings = settings
        self._scratch = settings.scratch.resolve()
        self._keep_failed = timedelta(hours=settings.keep_failed_hours)
        self._client = client

    async def run(self) -> None:
        """Free the space of final runs from time to time, for ever."""
        while True:
            turned(PAUSE_SECONDS + REMOVE_SECONDS)
            try:
                await self.remove_final()
            except (
                RunClientError,
                StoreFault,
                OSError,
                ValueError,
            ) as error:  # the next try may succeed
                log.warning("leftovers.kept", error=f"{type(error).__name__}: {error}")
            await asyncio.sleep(PAUSE_SECONDS)

    async def remove_final(self) -> None:
        """Free the disk space of runs that have ended. Raises Refused or Unreachable.

        Files that belong to no run of this hub are kept, since another hub may share the folders.
        """
        store = await asyncio.to_thread(self._settings.open_store)
        for run_id in await asyncio.to_thread(self._find, store):
            run = await self._client.run(run_id)
            if run is not None and self._is_over(run):
                await asyncio.to_thread(self._remove, store, run_id, run.state)
                log.info("leftovers.removed", run=str(run_id), state=run.state)
        await asyncio.to_thread(store.make_room, 0)

    def _is_over(self, run: Run) -> bool:
        """Whether no attempt will continue it; a failed run can be retried for some time."""
        if run.state != RunState.FAILED or run.finished_at is None:
            return run.state in FINAL
        return datetime.now(UTC) - run.finished_at >= self._keep_failed

    def _find(self, store: ArtifactStore) -> list[UUID]:
        return sorted({*run_ids(self._scratch / "runs", ""), *store.unfinished()})

    def _remove(self, store: ArtifactStore, run_id: UUID, state: RunState) -> None:
        shutil.rmtree(scratch_folder(self._scratch, run_id), ignore_errors=True)
        if state == RunState.SUCCEEDED:
            store.tidy(run_id)
        else:  # its model may be complete, but was not reported in time
            store.remove(run_id)
