"""Workers that end by themselves: after some runs, after some time without one, after a signal."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import pytest
from at_work import LAYERS, bell, eventually, journalled, merge_spec, worker_process
from redis.asyncio import Redis

from merge_worker.execution.shift import Shift
from mergehub.contracts.runs import RunState
from mergehub.kit.events.doorbell import queue_name
from mergehub.kit.settings.service import WorkerSettings

LONG = 3600.0


async def ends(process: Any, seconds: float = 60) -> int:
    async with asyncio.timeout(seconds):
        return int(await process.wait())


@pytest.mark.process
async def test_a_worker_for_two_runs_reports_both_and_leaves_the_third_bell(
    hub: Any, redis: Redis, settings: WorkerSettings
) -> None:
    runs = [hub.add(merge_spec("not a recipe")) for _ in range(3)]
    for run in runs:
        await bell(redis, run)
    async with worker_process(settings.model_copy(update={"runs": 2})) as worker:
        assert await ends(worker) == 0
    assert sorted(len(run.reports) for run in runs) == [0, 1, 1]
    assert [run.state for run in runs if not run.reports] == [RunState.QUEUED]
    assert not any(run.releases for run in runs)
    assert await redis.zcard(queue_name("cpu")) == 1
    assert hub.left == ["worker-1"]


@pytest.mark.process
async def test_a_worker_does_its_run_and_ends_when_it_has_been_idle(
    hub: Any, redis: Redis, settings: WorkerSettings, expected_digest: str
) -> None:
    run = hub.add(merge_spec())
    await bell(redis, run)
    # Long enough for a busy machine to answer the first bell.
    async with worker_process(settings.model_copy(update={"idle_seconds": 4})) as worker:
        assert await ends(worker) == 0
    assert len(run.claims) == len(run.reports) == 1
    assert run.reports[0].result.output_digest == expected_digest
    assert hub.left == ["worker-1"]


@pytest.mark.process
async def test_a_worker_that_may_drain_finishes_its_run_after_a_signal_and_takes_no_other(
    hub: Any, redis: Redis, settings: WorkerSettings, expected_digest: str
) -> None:
    run, other = hub.add(merge_spec()), hub.add(merge_spec("not a recipe"))
    async with worker_process(settings.model_copy(update={"drain_seconds": LONG})) as worker:
        await bell(redis, run)
        await eventually(lambda: journalled(settings, run))
        worker.send_signal(signal.SIGTERM)
        await bell(redis, other)
        assert await ends(worker) == 0
    assert run.reports[0].result.output_digest == expected_digest
    assert not other.claims
    assert await redis.zcard(queue_name("cpu")) == 1


@pytest.mark.process
async def test_a_worker_hands_its_run_back_when_the_time_to_drain_is_over(
    hub: Any, redis: Redis, settings: WorkerSettings
) -> None:
    run = hub.add(merge_spec())
    async with worker_process(settings.model_copy(update={"drain_seconds": 0.05})) as worker:
        await bell(redis, run)
        await eventually(lambda: journalled(settings, run))
        worker.send_signal(signal.SIGTERM)
        assert await ends(worker) == 0
    assert not run.reports
    assert len(run.releases) == 1
    assert 0 < journalled(settings, run) < LAYERS


async def test_a_shift_without_limits_goes_on() -> None:
    shift = Shift()
    for _ in range(1000):
        assert shift.claim()
        shift.ran()
    assert shift.free.is_set()
    assert not shift.over.is_set()


async def test_a_claim_and_a_run_stop_the_clock_and_a_refusal_does_not_set_it_back() -> None:
    shift = Shift(idle_seconds=0.01)
    assert shift.claim()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await shift.over.wait()
    shift.refused()  # the worker has been idle for long enough
    async with asyncio.timeout(5):
        await shift.over.wait()
    assert not shift.claim()


async def test_nothing_is_claimed_beside_a_claim_or_after_the_end() -> None:
    shift = Shift(runs=1)
    assert shift.claim()
    assert not shift.claim()
    shift.ran()
    assert shift.over.is_set()
    shift.refused()
    assert not shift.free.is_set()
    assert not shift.claim()
