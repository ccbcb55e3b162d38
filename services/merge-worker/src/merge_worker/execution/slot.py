"""A worker's room for one run at a time."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from uuid import UUID

import structlog
from prometheus_client import CollectorRegistry
from structlog.contextvars import bound_contextvars

from merge_worker.child.messages import Job
from merge_worker.pushing.pushed import Means
from mergehub.contracts.hardware import Capacity, Gpu
from mergehub.contracts.runs import Claim
from mergehub.contracts.worker_client import RunClient
from mergehub.kit.settings.service import WorkerSettings
from mergehub.kit.telemetry.traces import record, span, traceparent

from .attempt import Attempt
from .measures import Measures
from .room import capacity

log = structlog.get_logger()

DRAIN_SECONDS = 14.0  # for a child's last tensor and the release; orchestrators allow 30 by default


def name_of(settings: WorkerSettings) -> str:
    """The name under which this process is known as a worker."""
    return settings.worker_name or f"{socket.gethostname()}:{os.getpid()}"


class Slot:
    """Claims runs and works on them, one at a time."""

    def __init__(
        self,
        settings: WorkerSettings,
        client: RunClient,
        measures: Measures | None = None,
        gpu: Gpu | None = None,
    ) -> None:
        self._measures = measures or Measures(CollectorRegistry(), settings)
        self._settings = settings
        self._client = client
        self._gpu = gpu
        self.name = name_of(settings)
        self._stop = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self._settled = True  # whether the hub knows how the last attempt ended

    @property
    def pushes(self) -> list[str]:
        """The destinations to which its runs may push."""
        return self._settings.push_allow

    async def take(self, run_id: UUID) -> asyncio.Task[None]:
        """Claim the run and start; the task ends when the slot is free again.

        Raises:
            LeaseLost, DoesNotFit, Refused, Unreachable: the claim was not granted, and nothing
              was started.
        """
        room = await asyncio.to_thread(self.capacity, run_id)
        started = time.time_ns()
        settings = self._settings
        claim = await self._client.claim(
            run_id, self.name, settings.hardware, room, settings.push_allow
        )
        record("claim", claim.traceparent, started, "client", run=str(run_id), worker=self.name)
        log.info("run.claimed", run=str(run_id), attempt=claim.attempt, kind=claim.spec.kind)
        self._work = asyncio.create_task(self._attempt(claim, room))
        return self._work

    def capacity(self, run_id: UUID | None = None) -> Capacity:
        """The resources that are free now, for a certain run or for a new one."""
        settings = self._settings
        return capacity(
            settings.models,
            run_id,
            self._gpu,
            settings.gpu_memory,
            reclaimable=settings.open_store().reclaimable(),
        )

    async def finish(self, seconds: float) -> None:
        """Wait for the end of the work, but no longer than `seconds`."""
        if self._work is not None:
            await asyncio.wait({self._work}, timeout=seconds)

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
        kind, run_id = claim.spec.kind, str(claim.run_id)
        measured = self._measures.attempt(kind)
        try:
            with bound_contextvars(run=run_id), span(
                f"run {kind}", claim.traceparent, "consumer",
                run=run_id, attempt=claim.attempt, worker=self.name,
            ) as current:  # fmt: skip
                job = self._job(claim, room)
                await Attempt(claim, job, self._client, self._stop, measured).run()
                current.note(outcome=measured.outcome)
            self._settled = True
        except Exception:
            # Not reported: the lease ends, and another attempt follows.
            log.exception("attempt.failed", run=str(claim.run_id))
        finally:
            measured.end()

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
            harness_tasks=tuple(settings.harness_tasks),
            artifacts=settings.models,
            place=settings.s3_place,
            cache_bytes=settings.cache_bytes,
            scratch=settings.scratch.resolve(),
            parent=os.getpid(),
            gpu_limit=settings.gpu_memory,
            traceparent=traceparent(),
            signing_key=key.get_secret_value() if (key := settings.signing_key) else None,
            push=_means(settings),
        )


def _means(settings: WorkerSettings) -> Means:
    """Where runs may push, and with what; without a token of its own, none is used."""
    token, key, secret = (
        each.get_secret_value() if each else None
        for each in (
            settings.push_hf_token,
            settings.push_s3_access_key,
            settings.push_s3_secret_key,
        )
    )
    return Means(
        allow=tuple(settings.push_allow),
        hf_token=token or "",
        s3_endpoint=settings.push_s3_endpoint,
        s3_access_key=key,
        s3_secret_key=secret,
        s3_region=settings.push_s3_region,
    )
