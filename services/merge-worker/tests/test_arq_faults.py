"""Faults of arq's jobs do not harm runs: one test for each fault."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from arq.constants import abort_jobs_ss, in_progress_key_prefix, job_key_prefix
from at_work import (
    bell,
    children,
    command,
    eventually,
    journalled,
    listening,
    merge_spec,
    worker_process,
)
from redis.asyncio import Redis
from starlette.responses import PlainTextResponse

from merge_worker.jobs import JOB_SECONDS, LOCK_SECONDS, LOOK_SECONDS
from mergehub.contracts.runs import RunState
from mergehub.hub.valkey import Valkey
from mergehub.kit.events.doorbell import DueRun, health_name, knock_name, queue_name, ring
from mergehub.kit.settings.service import WorkerSettings

pytestmark = pytest.mark.process

Until = Callable[..., Awaitable[None]]

REFUSED = "not a recipe"
ELSEWHERE_MS = 60_000
AT_ONCE_SECONDS = 8.0  # far less than arq would wait


@pytest.fixture
async def valkey(store_folder: Path) -> AsyncIterator[Valkey]:
    """A server for this test only, which the test stops and measures."""
    server = Valkey(store_folder / f"vk-{uuid4().hex[:6]}")
    server.start()
    yield server
    server.stop()


async def answered_elsewhere(redis: Redis, count: int) -> None:
    """Put bells into the queue that other workers are answering, each under a lock."""
    runs = [DueRun(uuid4(), "cpu", 0) for _ in range(count)]
    await ring(redis, runs)
    for run in runs:
        await redis.psetex(in_progress_key_prefix + run.job_id, ELSEWHERE_MS, b"1")


async def calls(redis: Redis) -> dict[str, int]:
    """How often each command was sent to the server, without those of this call."""
    stats = await redis.info("commandstats")
    return {
        name.removeprefix("cmdstat_"): each["calls"]
        for name, each in stats.items()
        if name != "cmdstat_info"
    }


async def test_kill_9_in_mid_run_leaves_nothing_of_arq_that_must_time_out(
    hub: Any, redis: Redis, settings: WorkerSettings, until: Until, expected_digest: str
) -> None:
    run = hub.add(merge_spec())

    async def arq_is_done() -> bool:
        return not await redis.keys("arq:*") and not await redis.zcard(queue_name("cpu"))

    async with worker_process(settings) as worker:
        await bell(redis, run)
        await eventually(lambda: journalled(settings, run))
        await until(arq_is_done)
        worker.kill()
    run.lose_lease()
    async with listening(settings):
        await bell(redis, run)
        async with asyncio.timeout(AT_ONCE_SECONDS):
            await hub.until(lambda: len(run.workers) == 2)
        await hub.until(lambda: run.reports)
    assert run.reports[0].result.output_digest == expected_digest


async def test_kill_9_in_the_claim_holds_the_bell_for_seconds_only(
    hub: Any, redis: Redis, settings: WorkerSettings, until: Until
) -> None:
    run = hub.add(merge_spec(REFUSED))
    hub.refuse_with = [PlainTextResponse("Bad gateway", 502) for _ in range(1000)]

    async def locked() -> bool:
        return bool(await redis.keys(f"{in_progress_key_prefix}*"))

    async with worker_process(settings) as worker:
        await bell(redis, run)
        await until(locked)
        worker.kill()
    locks = [await redis.pttl(key) for key in await redis.keys(f"{in_progress_key_prefix}*")]
    assert -1 not in locks, "a lock that lasts for ever"
    assert max(locks, default=0) <= LOCK_SECONDS * 1000 < JOB_SECONDS * 1000
    hub.refuse_with = []
    async with listening(settings):
        await hub.until(lambda: run.reports)


async def test_redis_restarts_under_an_idle_worker_process_which_lives_on(
    hub: Any, settings: WorkerSettings, valkey: Valkey
) -> None:
    before, after = hub.add(merge_spec(REFUSED)), hub.add(merge_spec(REFUSED))
    settings = settings.model_copy(update={"redis_url": valkey.url})
    async with worker_process(settings) as worker:
        async with Redis.from_url(valkey.url) as redis:
            await bell(redis, before)
            await hub.until(lambda: before.reports)
        valkey.stop()
        valkey.start()
        async with Redis.from_url(valkey.url) as redis:
            await bell(redis, after)
            await hub.until(lambda: after.reports)
        assert worker.returncode is None


async def test_redis_loses_everything_and_the_next_ring_is_heard(
    hub: Any, redis: Redis, settings: WorkerSettings
) -> None:
    lost, idle = hub.add(merge_spec(REFUSED)), hub.add(merge_spec(REFUSED))
    await bell(redis, lost)
    await redis.flushdb()
    async with listening(settings):
        await bell(redis, lost)
        await hub.until(lambda: lost.reports)
        await redis.flushdb()
        await bell(redis, idle)
        await hub.until(lambda: idle.reports)


async def test_a_fresh_worker_starts_a_run_behind_hundreds_that_others_answer(
    hub: Any, redis: Redis, settings: WorkerSettings
) -> None:
    waiting = hub.add(merge_spec(REFUSED))
    await answered_elsewhere(redis, 300)
    await bell(redis, waiting)
    async with listening(settings), asyncio.timeout(AT_ONCE_SECONDS):
        await hub.until(lambda: waiting.workers)
    assert await redis.zcard(queue_name("cpu")) == 300


async def test_six_graceful_ends_cost_no_attempt(
    hub: Any, redis: Redis, settings: WorkerSettings, expected_digest: str
) -> None:
    run = hub.add(merge_spec())
    for times in range(1, 7):
        async with worker_process(settings) as worker:
            await bell(redis, run)
            await hub.until(lambda times=times: len(run.workers) == times)
            worker.send_signal(signal.SIGTERM)
            assert await worker.wait() == 0
    assert (run.attempt, len(run.releases), run.reports) == (0, 6, [])
    async with listening(settings):
        await bell(redis, run)
        await hub.until(lambda: run.reports)
    assert run.attempt == 1
    assert run.reports[0].result.output_digest == expected_digest


async def test_a_bell_that_expired_is_rung_again_and_the_run_runs(
    hub: Any, redis: Redis, settings: WorkerSettings, until: Until
) -> None:
    run = hub.add(merge_spec(REFUSED))
    await bell(redis, run)
    assert await redis.unlink(job_key_prefix + DueRun(run.id, "cpu", 0).job_id) == 1

    async def dropped() -> bool:
        return not await redis.zcard(queue_name("cpu"))

    async with listening(settings):
        await until(dropped)
        assert not run.workers
        await bell(redis, run)
        await hub.until(lambda: run.reports)


async def test_an_abort_that_comes_before_the_bell_kills_nothing(
    hub: Any, redis: Redis, settings: WorkerSettings
) -> None:
    run = hub.add(merge_spec(REFUSED))
    await redis.zadd(abort_jobs_ss, {DueRun(run.id, "cpu", 0).job_id: 1})
    await bell(redis, run)
    async with listening(settings):
        await hub.until(lambda: run.reports)


async def test_the_bell_of_a_cancelled_run_is_answered_by_its_row(
    hub: Any, redis: Redis, settings: WorkerSettings
) -> None:
    cancelled, next_one = hub.add(merge_spec(REFUSED)), hub.add(merge_spec(REFUSED))
    cancelled.state = RunState.CANCELLED
    for run in (cancelled, next_one):
        await bell(redis, run)
    async with listening(settings):
        await hub.until(lambda: next_one.reports)
    assert not cancelled.workers


async def test_a_paused_worker_that_wakes_after_its_lease_harms_nobody(
    hub: Any, redis: Redis, settings: WorkerSettings, expected_digest: str
) -> None:
    run, later = hub.add(merge_spec()), hub.add(merge_spec(REFUSED))
    successor = settings.model_copy(update={"worker_name": "worker-2"})
    async with worker_process(settings) as paused:
        await bell(redis, run)
        await eventually(lambda: journalled(settings, run))
        os.kill(paused.pid, signal.SIGSTOP)
        run.lose_lease()
        async with listening(successor):
            await bell(redis, run)
            await hub.until(lambda: run.reports)
        beats = len(run.beats)
        os.kill(paused.pid, signal.SIGCONT)
        await bell(redis, later)
        await hub.until(
            lambda: later.reports
        )  # from the paused worker, which has given up its claim
    assert (run.workers, later.workers) == (["worker-1", "worker-2"], ["worker-1"])
    assert (len(run.reports), len(run.releases), len(run.beats)) == (1, 0, beats)
    assert run.reports[0].result.output_digest == expected_digest


async def test_a_run_that_hears_nothing_any_more_is_killed_and_no_part_of_it_goes_on(
    hub: Any, redis: Redis, settings: WorkerSettings
) -> None:
    stuck, later = hub.add(merge_spec()), hub.add(merge_spec(REFUSED))
    async with listening(settings):
        await bell(redis, stuck)
        await eventually(lambda: journalled(settings, stuck))
        (child,) = children(os.getpid())
        os.kill(child, signal.SIGSTOP)
        stuck.cancel = True
        await hub.until(lambda: stuck.reports)
        assert b"execution.child" not in command(child)
        await bell(redis, later)
        await hub.until(lambda: later.reports)


async def test_locked_bells_cost_an_idle_worker_a_few_commands_a_second(
    hub: Any, settings: WorkerSettings, valkey: Valkey, until: Until
) -> None:
    looks, clock = 4, asyncio.get_running_loop().time
    settings = settings.model_copy(update={"redis_url": valkey.url})
    async with Redis.from_url(valkey.url) as redis:
        await answered_elsewhere(redis, 120)
        await redis.delete(knock_name("cpu"))

        async def looked(times: int) -> bool:
            return (await calls(redis)).get("zrangebyscore", 0) >= times

        async with listening(settings):
            await until(lambda: looked(1))
            before, began = await calls(redis), clock()
            await until(lambda: looked(1 + looks), looks * LOOK_SECONDS + AT_ONCE_SECONDS)
            after, seconds = await calls(redis), clock() - began
    given = sum(after.values()) - sum(before.values())
    assert seconds > (looks - 1) * LOOK_SECONDS
    assert given / looks <= 6, {name: after[name] - before.get(name, 0) for name in after}


async def test_each_worker_has_a_sign_of_life_of_its_own(
    hub: Any, redis: Redis, settings: WorkerSettings, until: Until
) -> None:
    killed, other = (settings.model_copy(update={"worker_name": name}) for name in ("a", "b"))

    async def alive() -> set[bytes]:
        return set(await redis.keys(health_name("*")))

    async def only_the_other() -> bool:
        return await alive() == {health_name("b").encode()}

    async def both() -> bool:
        return len(await alive()) == 2

    async with listening(other), worker_process(killed) as worker:
        await until(both, 30)
        worker.kill()
        await worker.wait()
        await until(only_the_other, 30)
