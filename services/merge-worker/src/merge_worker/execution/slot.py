"""A worker's room for one run at a time."""

from __future__ import annotations

import asyncio
import os
import socket
from uuid import UUID

import structlog

from merge_worker.child.messages import Job
from mergehub.contracts.hardware import Capacity
from mergehub.contracts.runs import Claim
from mergehub.contracts.worker_client import RunClient
from mergehub.kit.settings.service import WorkerSettings

from .attempt import Attempt
from .room import capacity

log = structlog.get_logger()

DRAIN_SECONDS = 14.0  # for a child's last tensor and the release; orchestrators allow 30 by default


class Slot:
    """Claims runs and works on them, one at a time."""

    def __init__(self, settings: WorkerSettings, client: RunClient) -> None:
        self._settings = settings
        self._client = client
        self.name = settings.worker_name or f"{socket.gethostname()}:{os.getpid()}"
        self._stop = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self._settled = True  # whether the hub knows how the last attempt ended

    async def take(self, run_id: UUID) -> asyncio.Task[None]:
        """Claim the run and start; the task ends when the slot is free again.

        Raises:
            LeaseLost, DoesNotFit, Refused, Unreachable: the claim was not granted, and nothing
              was started.
        """
        room = await asyncio.to_thread(self.capacity, run_id)
        claim = await self._client.claim(run_id, self.name, self._settings.hardware, room)
        log.info("run.claimed", run=str(run_id), attempt=claim.attempt, kind=claim.spec.kind)
        self._work = asyncio.create_task(self._attempt(claim, room))
        return self._work

    def capacity(self, run_id: UUID | None = None) -> Capacity:
        """The resources that are free now, for a certain run or for a new one."""
        return capacity(self._settings.hardware, self._settings.models, run_id, self._reclaimable())

    def _reclaimable(self) -> int:
        """The disk space of models that would give way to a run."""
        return self._settings.open_store().reclaimable()

    async def drain(self) -> bool:
        """Stop the work at the next point where it can stop, and release the run if time allows.

        Returns False if the run was not released: it starts again when its lease ends.
        """
        self._stop.set()
        if self._work is None:
            return True
        await asyncio.wait({self._work}, timeout=DRAIN_SECONDS)
        self._work.cancel()
        await asyncio.wait({self._work})
        return not self._work.cancelled() and self._settled

    async def _attempt(self, claim: Claim, room: Capacity) -> None:
        self._settled = False
        try:
            await Attempt(claim, self._job(claim, room), self._client, self._stop).run()
            self._settled = True
        except Exception:
            # Not reported: the lease ends, and another attempt follows.
            log.exception("attempt.failed", run=str(claim.run_id))

    def _job(self, claim: Claim, room: Capacity) -> Job:
        settings = self._settings
        return Job(
            run_id=claim.run_id,
            fence=claim.fence,
            spec=claim.spec,
            products=claim.products,
            hardware=settings.hardware,
            capacity=room,
            model_roots=tuple(root.resolve() for root in settings.model_roots),
            task_roots=tuple(root.resolve() for root in settings.task_roots),
            artifacts=settings.models,
            place=settings.s3_place,
            cache_bytes=settings.cache_bytes,
            scratch=settings.scratch.resolve(),
            parent=os.getpid(),
        )
