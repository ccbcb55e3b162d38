"""The worker's doorbell: an arq job claims a run; the work itself runs outside arq.

arq carries only the news that a run is due. The job ends with the claim, so a run of hours holds no
entry of the queue. While the slot is taken, the worker takes no job: the bells remain for other
workers. An idle worker sleeps in Redis until a knock.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any, cast
from uuid import UUID

import structlog
from arq.constants import in_progress_key_prefix
from arq.worker import Retry, Worker, func
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from redis.exceptions import RedisError

from merge_worker.child.messages import SERVICE
from merge_worker.execution.leftovers import Leftovers
from merge_worker.execution.measures import Measures
from merge_worker.execution.presence import Presence
from merge_worker.execution.slot import Slot
from mergehub.backoff import Backoff
from mergehub.contracts.worker_client import DoesNotFit, RunClient, RunClientError, Unreachable
from mergehub.kit.events.doorbell import (
    EXECUTE_RUN,
    deserialize,
    health_name,
    job_pool,
    knock_name,
    queue_name,
    serialize,
)
from mergehub.kit.settings.service import WorkerSettings
from mergehub.kit.telemetry.logs import configure_logging
from mergehub.kit.telemetry.loops import Loops, running, turned
from mergehub.kit.telemetry.metrics import LoopMetrics
from mergehub.kit.telemetry.probes import Faults, Probes, probed
from mergehub.kit.telemetry.traces import begin_tracing, end_tracing, traceparent

log = structlog.get_logger()

LOOK_SECONDS = 1  # without a knock: for bells that were deferred
LOOK_FOR = 1000  # bells; never more workers than this answer at the same moment
JOB_SECONDS = 15  # longer than a claim waits for the hub
LOCK_SECONDS = 5  # then another worker can answer the bell, too: only one of two claims is granted
RING_AGAIN_SECONDS = 2
HEALTH_SECONDS = 5
ANSWER_SECONDS = 5.0  # for Redis to connect or answer; longer than a look
CLOSE_SECONDS = 2.0
BACKOFF = Backoff(first=0.1, longest=5.0)
TRIES = 1000  # the bell expires long before

# Exit statuses. An unexpected error ends Python with 1.
DRAINED = 0
NOT_HANDED_BACK = 75  # EX_TEMPFAIL of sysexits.h: the run continues when its lease ends


class Listener(Worker):
    """An arq worker for one job at a time, woken by a knock, asleep while the slot is taken."""

    def __init__(self, free: asyncio.Event, knock: str, **options: Any) -> None:
        super().__init__(max_jobs=1, poll_delay=0, queue_read_limit=LOOK_FOR, **options)
        self.in_progress_timeout_s = LOCK_SECONDS
        self._free = free
        self._knock = knock

    async def start_jobs(self, job_ids: list[bytes]) -> None:
        """Answer the oldest bell that no other worker answers; arq would query each separately."""
        if not job_ids or not self._free.is_set():
            return
        keys = [in_progress_key_prefix + job_id.decode() for job_id in job_ids]
        answered = await self.pool.mget(keys)
        await super().start_jobs([b for b, by in zip(job_ids, answered, strict=True) if not by])

    async def heart_beat(self) -> None:
        """End a look into the queue; the next one waits for a reason."""
        await super().heart_beat()
        turned()
        if self.tasks:
            await asyncio.wait(self.tasks.values(), timeout=HEALTH_SECONDS)
        elif self._free.is_set():
            await cast(Awaitable[Any], self.pool.blpop([self._knock], timeout=LOOK_SECONDS))
        else:
            # Python 3.11's wait_for would swallow a cancellation that comes with the event.
            with suppress(TimeoutError):
                async with asyncio.timeout(HEALTH_SECONDS):
                    await self._free.wait()


class Doorbell:
    """Listens to the queue of a hardware class whenever the slot is free."""

    def __init__(self, settings: WorkerSettings, slot: Slot) -> None:
        self._hardware = settings.hardware
        self._redis = Redis.from_url(
            settings.redis_url,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            health_check_interval=30,
        )
        self._slot = slot
        self._free = asyncio.Event()
        self._free.set()

    async def execute_run(self, ctx: dict[str, Any], run_id: str) -> None:
        """The arq job: claim the run. A refusal answers the bell, too: another worker has it."""
        self._free.clear()
        work: asyncio.Task[None] | None = None
        try:
            work = await self._slot.take(UUID(run_id))
            work.add_done_callback(lambda _: self._free.set())
        except Unreachable as error:
            log.warning("claim.unreachable", run=run_id, error=str(error))
            raise Retry(defer=RING_AGAIN_SECONDS) from None
        except DoesNotFit as error:
            log.info("claim.no-room", run=run_id, error=str(error))
            raise Retry(defer=RING_AGAIN_SECONDS) from None  # so that another worker answers
        except RunClientError as error:
            log.info("claim.refused", run=run_id, error=str(error))
        finally:
            if work is None:
                self._free.set()

    async def listen(self) -> None:
        """Answer bells until cancelled; if Redis goes away, wait for it."""
        pauses = BACKOFF.pauses()
        while True:
            # A new listener each time: arq's count of its jobs does not survive a lost connection.
            worker = self._new_worker()
            try:
                await worker.async_run()
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("redis.lost", error=f"{type(error).__name__}: {error}")
            finally:
                await _end_jobs(worker)
            if worker.jobs_complete:
                pauses = BACKOFF.pauses()
            await asyncio.sleep(next(pauses))

    async def close(self) -> None:
        await self._redis.aclose()

    def _new_worker(self) -> Worker:
        return Listener(
            self._free,
            knock_name(self._hardware),
            functions=[func(self.execute_run, name=EXECUTE_RUN)],
            queue_name=queue_name(self._hardware),
            redis_pool=job_pool(self._redis),
            handle_signals=False,
            max_tries=TRIES,
            job_timeout=JOB_SECONDS,
            keep_result=0,
            health_check_interval=HEALTH_SECONDS,
            health_check_key=health_name(self._slot.name),
            job_serializer=serialize,
            job_deserializer=deserialize,
        )


async def _end_jobs(worker: Worker) -> None:
    """Wait for the answer to a claim in progress, so that we can release its run."""
    if tasks := list(worker.tasks.values()):
        await asyncio.wait(tasks, timeout=CLOSE_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def serve(settings: WorkerSettings) -> int:
    """Work until SIGTERM or SIGINT; then release the run and return the exit status."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    configure_logging(settings.log_level)
    if fault := begin_tracing(SERVICE):
        log.warning("traces.off", error=fault)
    token = settings.worker_token.get_secret_value()
    client = RunClient.connect(settings.hub_url, token, traceparent)
    metrics = CollectorRegistry()
    measures = Measures(metrics, settings)
    slot = Slot(settings, client, measures)
    doorbell = Doorbell(settings, slot)
    loops = {"doorbell": doorbell.listen, "leftovers": Leftovers(settings, client).run}
    async with running(loops, farewell=CLOSE_SECONDS + 0.5) as watched:
        presence = Presence(slot, settings.hardware, client, watched, measures)
        async with running({"presence": presence.run}) as itself:
            metrics.register(LoopMetrics(watched, itself))
            probes = Probes(metrics, _stuck(watched, itself), presence.faults)
            with probed(settings.metrics_port, probes):
                log.info("worker.listening", hardware=settings.hardware, hub=settings.hub_url)
                await stop.wait()
                log.info("worker.draining")
    handed_back = await slot.drain()
    await presence.end()
    await doorbell.close()
    await client.aclose()
    await asyncio.to_thread(end_tracing)
    return DRAINED if handed_back else NOT_HANDED_BACK


def _stuck(*loops: Loops) -> Faults:
    return lambda: [fault for each in loops for fault in each.stuck()]
