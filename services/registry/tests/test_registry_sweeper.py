"""The sweeper: silent workers, a Redis that lost its data, and replicas that sweep at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from mergehub.contracts.runs import MAX_ATTEMPTS
from mergehub.kit.background.resources import Resources
from mergehub.kit.events.doorbell import queue_name
from registry.background import make_bell
from registry.runs.protocol.sweeper import Sweeper

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]


@pytest.fixture
def state(owner: httpx.AsyncClient) -> Call:
    async def state(run: Json) -> str:
        return (await owner.get(f"/v1/runs/{run['id']}")).json()["state"]

    return state


@pytest.fixture
def all_due(transaction: Any) -> Call:
    """Make every run wait for its bell long enough."""

    async def all_due() -> None:
        async with transaction() as session:
            await session.execute(text("UPDATE runs SET due_at = now() - interval '10 s'"))

    return all_due


async def test_live_lease_is_left_alone(
    submit: Call, claim: Call, sweeper: Sweeper, state: Call
) -> None:
    run = await submit()
    await claim(run)
    assert await sweeper.take_back_lapsed() == 0
    assert await state(run) == "running"


async def test_lapsed_run_goes_to_another_worker_and_the_late_one_is_refused(
    submit: Call, claim: Call, report: Call, lapse: Call, sweeper: Sweeper, events: Call
) -> None:
    run = await submit()
    first = await claim(run, "worker-1")
    await lapse(run)
    await sweeper.sweep()

    between = await report(first)
    second = await claim(run, "worker-2")
    late = await report(first)
    won = await report(second)

    assert (between.status_code, late.status_code) == (409, 409)
    assert {between.json()["code"], late.json()["code"]} == {"stale-fence"}
    assert (second["fence"], second["attempt"]) == (2, 2)
    assert won.json()["state"] == "succeeded"
    assert won.json()["worker"] == "worker-2"
    assert [each["type"] for each in await events()] == [
        "run.queued", "run.started", "run.queued", "run.started", "run.succeeded", "model.produced"
    ]  # fmt: skip


async def test_owner_that_returns_before_the_sweeper_keeps_its_run(
    submit: Call, claim: Call, report: Call, lapse: Call
) -> None:
    run = await submit()
    claimed = await claim(run)
    await lapse(run)
    assert (await report(claimed)).json()["state"] == "succeeded"


async def test_silence_in_every_attempt_fails_the_run_with_the_last_words(
    owner: httpx.AsyncClient, submit: Call, claim: Call, report: Call, lapse: Call,
    sweeper: Sweeper,
) -> None:  # fmt: skip
    run = await submit()
    error = {"code": "crashed", "message": "no memory", "last_lines": ["bye"], "retryable": True}
    await report(await claim(run), "failed", error=error)
    for _ in range(MAX_ATTEMPTS - 1):
        await claim(run)
        await lapse(run)
        await sweeper.sweep()

    failed = (await owner.get(f"/v1/runs/{run['id']}")).json()

    assert (failed["state"], failed["attempt"]) == ("failed", MAX_ATTEMPTS)
    assert failed["error"]["code"] == "attempts-exhausted"
    assert failed["error"]["last_lines"] == ["bye"]
    assert "stopped sending heartbeats" in failed["error"]["message"]


async def test_run_of_a_silent_worker_is_due_at_once(
    submit: Call, claim: Call, lapse: Call, sweeper: Sweeper, transaction: Any
) -> None:
    run = await submit()
    for _ in range(MAX_ATTEMPTS - 1):
        await claim(run)
        await lapse(run)
        await sweeper.take_back_lapsed()
        async with transaction() as session:
            due = await session.scalar(text("SELECT due_at <= now() FROM runs"))
        assert due


async def test_attempt_that_its_worker_does_not_end_in_time_is_ended(
    owner: httpx.AsyncClient, submit: Call, claim: Call, report: Call, transaction: Any,
    sweeper: Sweeper,
) -> None:  # fmt: skip
    patient, hasty = await submit(timeout_seconds=7200), await submit(timeout_seconds=5)
    claims = [await claim(run) for run in (patient, hasty)]
    assert [each["timeout_seconds"] for each in claims] == [7200, 5]
    assert await sweeper.end_overdue() == 0
    async with transaction() as session:
        await session.execute(text("UPDATE runs SET claimed_at = now() - interval '70 s'"))

    assert await sweeper.end_overdue() == 1

    ended = (await owner.get(f"/v1/runs/{hasty['id']}")).json()
    assert (ended["state"], ended["error"]["code"]) == ("failed", "timed-out")
    assert (await report(claims[1])).status_code == 409
    assert (await report(claims[0])).status_code == 200


async def test_lapsed_run_that_was_to_be_cancelled_is_cancelled(
    owner: httpx.AsyncClient, submit: Call, claim: Call, lapse: Call, sweeper: Sweeper, state: Call
) -> None:
    run = await submit()
    await claim(run)
    await owner.post(f"/v1/runs/{run['id']}/cancel")
    await lapse(run)
    await sweeper.sweep()
    assert await state(run) == "cancelled"


async def test_two_sweepers_at_once_take_each_run_back_once(
    resources: Resources, submit: Call, claim: Call, lapse: Call, events: Call
) -> None:
    runs = [await submit() for _ in range(12)]
    for run in runs:
        await claim(run)
        await lapse(run)
    sweepers = [Sweeper(resources.database, make_bell(resources)) for _ in range(2)]

    await asyncio.gather(*(each.sweep() for each in sweepers))

    attempts = [each["attempt"] for each in await events("run.queued")]
    assert sorted(attempts) == [0] * 12 + [1] * 12


async def test_two_sweepers_share_what_is_locked(
    resources: Resources, submit: Call, claim: Call, lapse: Call, transaction: Any
) -> None:
    runs = [await submit() for _ in range(2)]
    for run in runs:
        await claim(run)
        await lapse(run)
    sweeper = Sweeper(resources.database, make_bell(resources))
    async with transaction() as session:
        query = text("SELECT 1 FROM runs WHERE id = :id FOR UPDATE")
        await session.execute(query, {"id": runs[0]["id"]})
        assert await sweeper.take_back_lapsed() == 1
    assert await sweeper.take_back_lapsed() == 1


async def test_bell_that_redis_lost_rings_again(
    resources: Resources, submit: Call, events: Call, sweeper: Sweeper, all_due: Call
) -> None:
    await submit()
    await events()
    await resources.redis.flushdb()

    assert await sweeper.ring_again() == 0
    await all_due()
    assert await sweeper.ring_again() == 1
    assert await sweeper.ring_again() == 0
    assert await resources.redis.zcard(queue_name("cpu")) == 1


async def test_bell_of_a_failed_attempt_waits_for_the_pause(
    resources: Resources, submit: Call, claim: Call, report: Call, events: Call, sweeper: Sweeper
) -> None:
    run = await submit()
    error = {"code": "crashed", "message": "no memory", "last_lines": [], "retryable": True}
    for _ in range(2):
        await report(await claim(run), "failed", error=error)
    await events()

    now = datetime.now(UTC).timestamp() * 1000
    due = await resources.redis.zscore(queue_name("cpu"), f"run:{run['id']}:2:cpu")
    assert 2_000 < due - now <= 4_000
    assert await resources.redis.pttl(f"arq:job:run:{run['id']}:2:cpu") > 60_000
    assert await sweeper.ring_again() == 0


async def test_bell_that_still_waits_is_not_doubled(
    resources: Resources, submit: Call, events: Call, sweeper: Sweeper, all_due: Call
) -> None:
    await submit(hardware="gpu")
    await events()
    await all_due()
    await sweeper.ring_again()
    assert await resources.redis.zcard(queue_name("gpu")) == 1
    assert await resources.redis.zcard(queue_name("gpu:80gb")) == 1  # which also suits
    assert await resources.redis.zcard(queue_name("cpu")) == 0


async def test_claimed_and_ended_runs_are_not_rung_for(
    owner: httpx.AsyncClient, submit: Call, claim: Call, sweeper: Sweeper, all_due: Call
) -> None:
    await claim(await submit())
    await owner.post(f"/v1/runs/{(await submit())['id']}/cancel")
    await all_due()
    assert await sweeper.ring_again() == 0
