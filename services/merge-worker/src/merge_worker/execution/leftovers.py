"""Frees what runs that ended without their worker left on disk, once the runs are final."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog

from merge_worker.child.messages import PARTIAL, partial_folder, produced_folder, scratch_folder
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
        self._artifacts = settings.artifacts.resolve()
        self._scratch = settings.scratch.resolve()
        self._keep_failed = timedelta(hours=settings.keep_failed_hours)
        self._client = client

    async def run(self) -> None:
        """Free the space of final runs from time to time, for ever."""
        while True:
            turned(PAUSE_SECONDS + REMOVE_SECONDS)
            try:
                await self.remove_final()
            except (RunClientError, OSError, ValueError) as error:  # the next try may succeed
                log.warning("leftovers.kept", error=f"{type(error).__name__}: {error}")
            await asyncio.sleep(PAUSE_SECONDS)

    async def remove_final(self) -> None:
        """Free the disk space of runs that have ended. Raises Refused or Unreachable.

        Files that belong to no run of this hub are kept, since another hub may share the folders.
        """
        for run_id in await asyncio.to_thread(self._find):
            run = await self._client.run(run_id)
            if run is not None and self._is_over(run):
                await asyncio.to_thread(self._remove, run_id, run.state)
                log.info("leftovers.removed", run=str(run_id), state=run.state)

    def _is_over(self, run: Run) -> bool:
        """Whether no attempt will continue it; a failed run can be retried for some time."""
        if run.state != RunState.FAILED or run.finished_at is None:
            return run.state in FINAL
        return datetime.now(UTC) - run.finished_at >= self._keep_failed

    def _find(self) -> list[UUID]:
        return sorted({*_ids(self._scratch / "runs", ""), *_ids(self._artifacts / "runs", PARTIAL)})

    def _remove(self, run_id: UUID, state: RunState) -> None:
        folders = [partial_folder(self._artifacts, run_id), scratch_folder(self._scratch, run_id)]
        if state != RunState.SUCCEEDED:  # merged completely, but not reported in time
            folders.append(produced_folder(self._artifacts, run_id))
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


def _ids(folder: Path, ending: str) -> Iterator[UUID]:
    """The runs that have an entry in `folder`; entries with other names are not ours."""
    for path in folder.glob(f"*{ending}"):
        try:
            yield UUID(path.name.removesuffix(ending))
        except ValueError:
            continue
