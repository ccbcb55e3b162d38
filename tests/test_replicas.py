"""Two replicas of everything at once: nothing is published, applied or swept twice."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest
from forked import forked
from pydantic import SecretStr
from redis.asyncio import Redis

from mergehub.contracts.events import STREAM, Envelope
from mergehub.kit.settings.service import ServiceSettings
from mergehub.tls import tls
from registry.app import create_app

OWNER, WORKER = "mgh_owner-of-replicas", "mgh_worker-of-replicas"
REPLICAS, RUNS = 2, 12
CONSUMERS = ("lineage", "leaderboard")
EVENTS_EACH = 6  # queued, started, taken back, started, succeeded, produced

RECIPE = """\
merge_method: linear
models:
  - {model: org/first, parameters: {weight: 0.5}}
  - {model: org/second, parameters: {weight: 0.5}}
dtype: bfloat16
"""

MERGED = {
    "kind": "merge", "output_digest": "sha256:out", "lock_digest": "sha256:lock",
    "engine_version": "0.1.0", "method": "linear", "tensors": 3, "bytes": 1024, "seconds": 1.5,
    "parents": [{"name": "org/first", "weight": 0.5}, {"name": "org/second", "weight": 0.5}],
}  # fmt: skip

Json = dict[str, Any]


class Stack:
    """Both replicas of the registry's API, and what all replicas of all services wrote."""

    def __init__(self, apis: list[str], database: asyncpg.Connection, redis: Redis) -> None:
        self.database, self.redis = database, redis
        self._apis = apis
        self._asked = 0

    async def post(self, path: str, body: Json, token: str) -> Json:
        """Send a request to the replicas in turn."""
        self._asked += 1
        address = self._apis[self._asked % REPLICAS]
        async with httpx.AsyncClient(base_url=address, timeout=60, verify=tls(address)) as client:
            headers = {"Authorization": f"Bearer {token}"}
            answer = await client.post(path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def submit(self, number: int) -> Json:
        body = {"kind": "merge", "recipe": RECIPE, "model_name": f"local/m{number}"}
        return await self.post("/v1/runs", body, OWNER)

    async def claim(self, run: Json) -> Json:
        return await self.post(f"/v1/runs/{run['id']}/claim", {"worker": "w"}, WORKER)

    async def finish(self, run: Json) -> None:
        claim = await self.claim(run)
        body = {"fence": claim["fence"], "outcome": "succeeded", "result": MERGED}
        await self.post(f"/v1/runs/{run['id']}/report", body, WORKER)

    async def column(self, query: str) -> list[Any]:
        return [row[0] for row in await self.database.fetch(query)]

    def holds(self, query: str, *expected: Any) -> Callable[[], Awaitable[bool]]:
        async def check() -> bool:
            return await self.column(query) == list(expected)

        return check


@asynccontextmanager
async def process(name: str, settings: ServiceSettings) -> AsyncIterator[None]:
    """One background process of a service."""
    named = ("database_url", "redis_url", "hub_url")
    environment = {f"MERGEHUB_{each.upper()}": str(getattr(settings, each)) for each in named}
    child = forked(name, os.environ | environment | {"MERGEHUB_LOG_LEVEL": "error"})
    try:
        yield
        child.terminate()
        assert await asyncio.wait_for(child.wait(), 20) == 0
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


@pytest.fixture
async def stack(fresh_database: str, redis_url: str, serving: Any) -> AsyncIterator[Stack]:
    settings = ServiceSettings(
        database_url=fresh_database,
        redis_url=f"{redis_url.split('?')[0]}?db=9",
        background="separate",
        bootstrap_token=SecretStr(OWNER),
        worker_token=SecretStr(WORKER),
        log_level="error",
        request_seconds=60,  # six processes start meanwhile
    )
    async with AsyncExitStack() as entered:
        redis = Redis.from_url(settings.redis_url)
        entered.push_async_callback(redis.aclose)
        entered.push_async_callback(redis.flushdb)
        apis = []
        for _ in range(REPLICAS):
            app = create_app(settings)
            await entered.enter_async_context(app.router.lifespan_context(app))
            apis.append(await entered.enter_async_context(serving(app)))
        for address in apis:
            there = settings.model_copy(update={"hub_url": address})
            for name in ("registry", *CONSUMERS):
                await entered.enter_async_context(process(name, there))
        database = await asyncpg.connect(fresh_database)
        entered.push_async_callback(database.close)
        yield Stack(apis, database, redis)


@pytest.mark.timeout(300)  # eight processes on what may be a busy machine
async def test_two_copies_of_everything_do_everything_once(stack: Stack, until: Any) -> None:
    runs = await asyncio.gather(*(stack.submit(number) for number in range(RUNS)))
    await asyncio.gather(*(stack.claim(run) for run in runs))
    await stack.database.execute(
        "UPDATE registry.runs SET lease_expires_at = now() - interval '1 s'"
    )
    states = "SELECT DISTINCT state FROM registry.runs"
    await until(stack.holds(states, "queued"), seconds=90)
    await asyncio.gather(*(stack.finish(run) for run in runs))
    await until(stack.holds(states, "succeeded"), seconds=90)
    told = RUNS * EVENTS_EACH
    for name in CONSUMERS:
        position = f"SELECT sequence FROM {name}.inbox_position"
        await until(stack.holds(position, told), seconds=90)

    await everything_was_told_once(stack, told)
    await every_run_was_taken_back_once(stack)
    for name in CONSUMERS:
        applied = await stack.column(f"SELECT event_id FROM {name}.inbox ORDER BY sequence")
        assert applied == await stack.column(
            "SELECT event_id FROM registry.outbox ORDER BY sequence"
        )
        assert await stack.column(f"SELECT reason FROM {name}.inbox_refused") == []
    assert await stack.column("SELECT count(*) FROM lineage.edges") == [RUNS * 2]
    assert await stack.column("SELECT count(*) FROM leaderboard.parents") == [RUNS * 2]


async def everything_was_told_once(stack: Stack, told: int) -> None:
    """Check that the outbox has no gap, and the stream each event once in the same order."""
    numbers = list(range(1, told + 1))
    query = "SELECT sequence FROM registry.outbox WHERE published ORDER BY sequence"
    assert await stack.column(query) == numbers
    entries = await stack.redis.xrange(STREAM)
    streamed = [Envelope.model_validate_json(fields[b"event"]) for _, fields in entries]
    assert [event.sequence for event in streamed] == numbers


async def every_run_was_taken_back_once(stack: Stack) -> None:
    assert await stack.column("SELECT DISTINCT (attempt, fence) FROM registry.runs") == [(2, 2)]
    queued = await stack.column(
        "SELECT data->>'run' FROM registry.outbox WHERE type = 'run.queued' "
        "AND data->>'attempt' = '1'"
    )
    assert len(queued) == RUNS
    assert set(Counter(queued).values()) == {1}
