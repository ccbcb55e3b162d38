"""The worker's doorbell: an arq job claims a run, and the work goes on outside of arq.

arq hears that something is due and no more. The job ends with the claim, so a run of hours holds
no entry of the queue, and while the slot is taken no job is picked: the bells stay for others.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import Any
from uuid import UUID

import structlog
from arq.worker import Retry, Worker, func
from redis.asyncio import Redis
from redis.exceptions import RedisError

from merge_worker.execution.leftovers import Leftovers
from merge_worker.execution.presence import Presence
from merge_worker.execution.slot import Slot
from mergehub.contracts.worker_client import DoesNotFit, RunClient, RunClientError, Unreachable
from mergehub.kit.doorbell import EXECUTE_RUN, deserialize, job_pool, queue_name, serialize
from mergehub.kit.logs import configure_logging
from mergehub.kit.settings import WorkerSettings

log = structlog.get_logger()

POLL_SECONDS = 0.25
JOB_SECONDS = 15  # longer than a claim waits for the hub
RING_AGAIN_SECONDS = 2
HEALTH_SECONDS = 10
CONNECT_SECONDS = 5.0
CLOSE_SECONDS = 3.0
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
TRIES = 1000  # the bell expires long before

# Exit statuses. What nobody foresaw ends Python with 1.
DRAINED = 0
NOT_HANDED_BACK = 75  # EX_TEMPFAIL of sysexits.h: the run goes on when its lease is over


class Doorbell:
    """Listens to the queue of a hardware class whenever the slot is free."""

    def __init__(self, settings: WorkerSettings, slot: Slot) -> None:
        self._queue = queue_name(settings.hardware)
        self._redis = Redis.from_url(
            settings.redis_url, socket_connect_timeout=CONNECT_SECONDS, health_check_interval=30
        )
        self._slot = slot
        self._free = True
        self._worker: Worker | None = None

    async def execute_run(self, ctx: dict[str, Any], run_id: str) -> None:
        """The arq job: claim the run. A refusal answers the bell too: somebody else has it."""
        self._set_free(False)
        work: asyncio.Task[None] | None = None
        try:
            work = await self._slot.take(UUID(run_id))
            work.add_done_callback(lambda _: self._set_free(True))
        except Unreachable as error:
            log.warning("claim.unreachable", run=run_id, error=str(error))
            raise Retry(defer=RING_AGAIN_SECONDS) from None
        except DoesNotFit as error:
            log.info("claim.no-room", run=run_id, error=str(error))
            raise Retry(defer=RING_AGAIN_SECONDS) from None  # for another worker to answer
        except RunClientError as error:
            log.info("claim.refused", run=run_id, error=str(error))
        finally:
            if work is None:
                self._set_free(True)

    async def listen(self) -> None:
        """Answer bells until cancelled; a Redis that goes away is waited for."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            # A new one each time: arq's own count of its jobs does not survive a lost connection.
            self._worker = worker = self._new_worker()
            try:
                await worker.async_run()
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("redis.lost", error=f"{type(error).__name__}: {error}")
            finally:
                await _end_jobs(worker)
            pause = FIRST_PAUSE_SECONDS if worker.jobs_complete else pause
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def close(self) -> None:
        await self._redis.aclose()

    def _new_worker(self) -> Worker:
        worker = Worker(
            functions=[func(self.execute_run, name=EXECUTE_RUN)],
            queue_name=self._queue,
            redis_pool=job_pool(self._redis),
            handle_signals=False,
            max_jobs=1,
            max_tries=TRIES,
            job_timeout=JOB_SECONDS,
            keep_result=0,
            poll_delay=POLL_SECONDS,
            health_check_interval=HEALTH_SECONDS,
            job_serializer=serialize,
            job_deserializer=deserialize,
        )
        worker.allow_pick_jobs = self._free
        return worker

    def _set_free(self, free: bool) -> None:
        self._free = free
        if self._worker is not None:
            self._worker.allow_pick_jobs = free


async def _end_jobs(worker: Worker) -> None:
    """Let a claim that is under way be answered, so that its run is ours to release."""
    if tasks := list(worker.tasks.values()):
        await asyncio.wait(tasks, timeout=CLOSE_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def serve(settings: WorkerSettings) -> int:
    """Work until SIGTERM or SIGINT; then hand the run back and return the exit status."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    configure_logging(settings.log_level)
    client = RunClient.connect(settings.hub_url, settings.worker_token.get_secret_value())
    slot = Slot(settings, client)
    doorbell = Doorbell(settings, slot)
    presence = Presence(slot, settings.hardware, client)
    loops = [doorbell.listen(), Leftovers(settings, client).run(), presence.run()]
    tasks = [asyncio.create_task(loop) for loop in loops]
    log.info("worker.listening", hardware=settings.hardware, hub=settings.hub_url)
    await asyncio.wait(
        {*tasks, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED
    )
    log.info("worker.draining")
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    handed_back = await slot.drain()
    await presence.end()
    await doorbell.close()
    await client.aclose()
    return DRAINED if handed_back else NOT_HANDED_BACK
