"""The worker's doorbell: an arq job claims a run; the work itself runs outside arq.

arq carries only the news that a run is due. The job ends with the claim, so a run of hours holds no
entry of the queue. While the slot is taken, the worker takes no job: the bells remain for other
workers. An idle worker sleeps in Redis until a knock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, cast
from uuid import UUID

import structlog
from arq.constants import in_progress_key_prefix
from arq.worker import Retry, Worker, func
from redis.asyncio import Redis
from redis.exceptions import RedisError

from merge_worker.execution.shift import Shift
from merge_worker.execution.slot import Slot
from mergehub.backoff import Backoff
from mergehub.contracts.worker_client import DoesNotFit, RunClientError, Unreachable
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
from mergehub.kit.telemetry.loops import turned

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


class Listener(Worker):
    """An arq worker for one job at a time, woken by a knock, asleep while the slot is taken."""

    def __init__(
        self, free: asyncio.Event, knock: str, answered: Callable[[], None], **options: Any
    ) -> None:
        super().__init__(max_jobs=1, poll_delay=0, queue_read_limit=LOOK_FOR, **options)
        self.in_progress_timeout_s = LOCK_SECONDS
        self._free = free
        self._knock = knock
        self._answered = answered

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
        self._answered()
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
    """Listens to the queue of a hardware class whenever the worker may claim a run."""

    def __init__(self, settings: WorkerSettings, slot: Slot, shift: Shift) -> None:
        self._hardware = settings.hardware
        self._redis = Redis.from_url(
            settings.redis_url,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            health_check_interval=30,
        )
        self._slot = slot
        self._shift = shift
        self._lost: str | None = "it has not answered yet"

    def faults(self) -> list[str]:
        """A sentence that says why no bell is heard; none if Redis answers."""
        return [f"Redis (MERGEHUB_REDIS_URL) cannot be used: {self._lost}."] if self._lost else []

    def _answered(self) -> None:
        self._lost = None

    async def execute_run(self, ctx: dict[str, Any], run_id: str) -> None:
        """The arq job: claim the run. A refusal answers the bell, too: another worker has it."""
        if not self._shift.claim():
            raise Retry(defer=RING_AGAIN_SECONDS)  # so that another worker answers
        work: asyncio.Task[None] | None = None
        try:
            work = await self._slot.take(UUID(run_id))
            work.add_done_callback(lambda _: self._shift.ran())
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
                self._shift.refused()

    async def listen(self) -> None:
        """Answer bells until cancelled; if Redis goes away, wait for it."""
        pauses = BACKOFF.pauses()
        while True:
            # A new listener each time: arq's count of its jobs does not survive a lost connection.
            worker = self._new_worker()
            try:
                await worker.async_run()
            except (RedisError, OSError, TimeoutError) as error:
                self._lost = type(error).__name__  # without its text, which anyone may read
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
            self._shift.free,
            knock_name(self._hardware),
            self._answered,
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
