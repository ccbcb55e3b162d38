"""The registry and the faults of arq and Redis: a run's row survives all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
from arq.constants import job_key_prefix
from redis.asyncio import Redis
from sqlalchemy import text

from mergehub.kit.background.resources import Resources
from mergehub.kit.events.doorbell import DueRun, knock_name, queue_name, ring
from mergehub.kit.settings.service import ServiceSettings
from registry.app import create_app
from registry.runs.protocol.sweeper import Sweeper

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]


async def queue(redis: Redis) -> list[str]:
    return [
        job_id.decode().split(":")[1] for job_id in await redis.zrange(queue_name("cpu"), 0, -1)
    ]


async def waited(transaction: Any, hours: float) -> None:
    """Make every run this old."""
    async with transaction() as session:
        await session.execute(
            text("UPDATE runs SET due_at = now() - :hours * interval '1 h'"), {"hours": hours}
        )


async def test_a_run_that_waited_longer_than_a_day_is_rung_for(
    resources: Resources, submit: Call, sweeper: Sweeper, transaction: Any
) -> None:
    run = await submit()
    await waited(transaction, hours=25)
    await sweeper.ring_again()
    assert await queue(resources.redis) == [run["id"]]
    job = job_key_prefix + f"run:{run['id']}:0:cpu"
    assert await resources.redis.pttl(job) > 60_000


async def test_a_bell_that_redis_lost_in_part_is_mended(
    resources: Resources, submit: Call, events: Call, sweeper: Sweeper, transaction: Any
) -> None:
    run = await submit()
    await events()
    await resources.redis.delete(queue_name("cpu"))
    await waited(transaction, hours=1)
    await sweeper.ring_again()
    assert await queue(resources.redis) == [run["id"]]


async def test_a_bell_that_is_rung_again_keeps_its_place(
    resources: Resources, submit: Call, events: Call, sweeper: Sweeper, transaction: Any
) -> None:
    runs = [(await submit())["id"] for _ in range(3)]
    await events()
    async with transaction() as session:
        await session.execute(
            text("UPDATE runs SET due_at = now() - interval '1 h' WHERE id = :id"), {"id": runs[0]}
        )
    assert await sweeper.ring_again() == 1
    assert await queue(resources.redis) == runs


async def test_a_run_of_a_silent_worker_is_rung_for_before_those_that_came_later(
    resources: Resources, submit: Call, claim: Call, lapse: Call, events: Call, sweeper: Sweeper
) -> None:
    before, *later = [await submit() for _ in range(3)]
    await events()
    await resources.redis.zpopmin(queue_name("cpu"))
    await claim(before)
    await lapse(before)
    await sweeper.sweep()
    await events()
    assert await queue(resources.redis) == [run["id"] for run in (before, *later)]


async def test_a_cancelled_run_takes_no_other_along(
    owner: httpx.AsyncClient, resources: Resources, submit: Call, claim: Call, events: Call
) -> None:
    before, later = await submit(), await submit()
    await owner.post(f"/v1/runs/{before['id']}/cancel")  # its bell has not rung yet
    await events()
    assert await queue(resources.redis) == [later["id"]]
    assert (await claim(later))["run_id"] == later["id"]


async def test_knocks_that_nobody_hears_do_not_pile_up(resources: Resources, empty: None) -> None:
    for _ in range(3):
        await ring(resources.redis, [DueRun(UUID(int=n), "cpu", 0) for n in range(700)])
    assert await resources.redis.llen(knock_name("cpu")) == 1000
    assert await resources.redis.zcard(queue_name("cpu")) == 700


async def test_a_run_is_submitted_while_redis_is_away(
    settings: ServiceSettings, recipe_text: str, empty: None
) -> None:
    away = settings.model_copy(
        update={"redis_url": "redis://127.0.0.1:1/0", "background": "inline"}
    )
    app = create_app(away)
    token = {"Authorization": f"Bearer {settings.bootstrap_token.get_secret_value()}"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://hub", headers=token
        ) as client,
    ):
        body = {"kind": "merge", "recipe": recipe_text, "model_name": "m"}
        answers = [await client.post("/v1/runs", json=body, timeout=2) for _ in range(3)]
    assert [each.status_code for each in answers] == [202, 202, 202]
