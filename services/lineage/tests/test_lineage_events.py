"""Events reach lineage once each, whatever happens to the stream."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from lineage import events
from lineage.app import create_app
from lineage.background import BACKGROUND
from lineage.edges.models import EdgeRow
from lineage.tables import InboxRow, PositionRow, intake
from mergehub.contracts.events import STREAM, Envelope
from mergehub.contracts.kinds.merge import Parent
from mergehub.hub.valkey import Valkey
from mergehub.kit.background.resources import Resources, open_resources
from mergehub.kit.events.consumer import Consumer, FeedHasGap
from mergehub.kit.events.inbox import Apply
from mergehub.kit.events.stream import StreamPublisher
from mergehub.kit.telemetry.loops import running

BASE = Parent(name="base", role="base")


async def position(resources: Resources) -> int:
    async with resources.database.transaction() as session:
        return await session.scalar(select(PositionRow.sequence)) or 0


async def count(resources: Resources, table: type[Any]) -> int:
    async with resources.database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


def reached(resources: Resources, sequence: int) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return await position(resources) >= sequence

    return check


def waiting(resources: Resources, replicas: int = 1) -> Callable[[], Awaitable[bool]]:
    """Whether this many consumers are blocked at the stream."""

    async def check() -> bool:
        clients = await resources.redis.client_list()
        return sum("b" in client["flags"] for client in clients) == replicas

    return check


async def publish(resources: Resources, *told: Envelope) -> None:
    await StreamPublisher(resources.redis)(told)


def reader(resources: Resources, apply: Apply) -> Consumer:
    """The service's consumer with another effect."""
    return Consumer(
        group="lineage",
        database=resources.database,
        redis=resources.redis,
        hub=resources.hub,
        intake=intake,
        apply=apply,
    )


@asynccontextmanager
async def consuming(
    *resources: Resources,
    apply: Apply = events.apply,
    block_ms: int = 60_000,
) -> AsyncIterator[None]:
    """A consumer for each of `resources`, which does not poll for a minute."""
    loops = {}
    for number, opened in enumerate(resources):
        consumer = reader(opened, apply)
        consumer.BLOCK_MS = block_ms
        loops[f"consumer {number}"] = consumer.run
    async with running(loops):
        yield


class TestCatchUp:
    async def test_applies_the_whole_feed_page_by_page(self, resources, registry):
        for number in range(7):
            registry.merge(f"m{number}", BASE)
        consumer = events.consumer(resources)
        consumer.PAGE = 3
        await consumer.catch_up()
        assert await position(resources) == 7
        assert await count(resources, EdgeRow) == 7

    async def test_twice_is_once(self, resources, registry):
        registry.merge("m", BASE)
        for _ in range(2):
            await events.consumer(resources).catch_up()
        assert await count(resources, InboxRow) == await count(resources, EdgeRow) == 1

    async def test_other_types_move_the_position_on(self, resources, registry):
        told = registry.merge("m", BASE)
        registry.events[0] = told.model_copy(update={"type": "run.queued", "data": {}})
        await events.consumer(resources).catch_up()
        assert await position(resources) == 1
        assert await count(resources, EdgeRow) == 0

    async def test_a_feed_with_a_gap_is_an_error_and_nothing_behind_it_is_applied(
        self, resources, registry
    ):
        for number in range(3):
            registry.merge(f"m{number}", BASE)
        del registry.events[1]
        with pytest.raises(FeedHasGap, match="no event before 3"):
            await events.consumer(resources).catch_up()
        assert await position(resources) == 1

    async def test_a_silent_source_is_an_error(self, settings, registry):
        away = settings.model_copy(update={"hub_url": "http://127.0.0.1:9"})
        async with open_resources(BACKGROUND, away) as resources:
            with pytest.raises(httpx.ConnectError):
                await events.consumer(resources).catch_up()


class TestOffer:
    async def test_the_next_event_is_applied_and_a_later_one_is_not(self, resources, registry):
        first, second, third = (registry.merge(f"m{number}", BASE) for number in range(3))
        consumer = events.consumer(resources)
        assert await consumer.offer(first)
        assert not await consumer.offer(third)
        assert await consumer.offer(second)
        assert await consumer.offer(third)
        assert await count(resources, InboxRow) == 3

    async def test_an_effect_that_fails_leaves_nothing_and_is_tried_again(
        self, resources, registry
    ):
        told = registry.merge("m", BASE)

        async def fail(session: AsyncSession, event: Envelope) -> None:
            await events.apply(session, event)
            raise ConnectionError("cut off")

        with pytest.raises(ConnectionError):
            await reader(resources, fail).offer(told)
        assert await position(resources) == await count(resources, EdgeRow) == 0
        assert await events.consumer(resources).offer(told)
        assert await count(resources, EdgeRow) == 1


class TestStream:
    async def test_an_event_of_the_stream_is_applied(self, resources, registry, until):
        async with consuming(resources):
            await until(waiting(resources))
            await publish(resources, registry.merge("m", BASE))
            await until(reached(resources, 1))
        assert await count(resources, EdgeRow) == 1

    async def test_duplicates_are_applied_once(self, resources, registry, until):
        async with consuming(resources):
            await until(waiting(resources))
            told = registry.merge("m", BASE)
            await publish(resources, told, told, told, registry.merge("n", BASE), told)
            await until(reached(resources, 2))
        assert await count(resources, InboxRow) == 2

    async def test_a_gap_in_the_stream_is_filled_from_the_feed(self, resources, registry, until):
        async with consuming(resources):
            await until(waiting(resources))
            for number in range(5):
                told = registry.merge(f"m{number}", BASE)
            await publish(resources, told)
            await until(reached(resources, 5))
        assert await count(resources, EdgeRow) == 5

    async def test_events_that_the_stream_never_carried_are_found_by_looking(
        self, resources, registry, until
    ):
        async with consuming(resources, block_ms=50):
            await until(waiting(resources))
            registry.merge("m", BASE)
            await until(reached(resources, 1))

    async def test_events_of_others_and_rubbish_do_not_stop_it(self, resources, registry, until):
        async with consuming(resources):
            await until(waiting(resources))
            told = registry.merge("m", BASE)
            stranger = told.model_copy(update={"source": "stranger", "id": uuid4()})
            await resources.redis.xadd(STREAM, {"event": "{"})
            await publish(resources, stranger, told)
            await until(reached(resources, 1))
        assert await count(resources, InboxRow) == 1

    async def test_redis_emptied_loses_nothing(self, resources, registry, until):
        async with consuming(resources):
            await until(waiting(resources))
            await publish(resources, registry.merge("m0", BASE))
            await until(reached(resources, 1))
            registry.merge("m1", BASE)
            await resources.redis.flushdb()
            await until(reached(resources, 2))
            await until(waiting(resources))
            await publish(resources, registry.merge("m2", BASE))
            await until(reached(resources, 3))
        assert await count(resources, EdgeRow) == 3

    async def test_two_replicas_apply_each_event_once_and_in_order(self, settings, registry, until):
        applied: list[int] = []

        async def note(session: AsyncSession, event: Envelope) -> None:
            applied.append(event.sequence)
            await events.apply(session, event)

        async with (
            open_resources(BACKGROUND, settings) as one,
            open_resources(BACKGROUND, settings) as two,
        ):
            async with consuming(one, two, apply=note):
                await until(waiting(one, replicas=2))
                for number in range(20):
                    await publish(one, registry.merge(f"m{number}", BASE))
                await until(reached(one, 20))
            assert applied == list(range(1, 21))
            assert await count(one, InboxRow) == await count(one, EdgeRow) == 20


async def test_replicas_that_race_through_stream_and_feed_apply_in_order(settings, registry, until):
    """Every event reaches both by several ways at once; the stream lacks some events."""
    applied: list[int] = []

    async def note(session: AsyncSession, event: Envelope) -> None:
        await events.apply(session, event)
        applied.append(event.sequence)

    async with (
        open_resources(BACKGROUND, settings) as one,
        open_resources(BACKGROUND, settings) as two,
    ):
        async with consuming(one, two, one, two, apply=note):
            await until(waiting(one, replicas=4))
            for number in range(60):
                told = registry.merge(f"m{number}", BASE)
                if number % 3:
                    await publish(one, told, *registry.events[-5:])
                if number % 10 == 0:
                    racers = [reader(each, note) for each in (one, two)]
                    await asyncio.gather(*(each.catch_up() for each in racers))
            await until(reached(one, 60))
        assert applied == list(range(1, 61))
        assert await count(one, InboxRow) == await count(one, EdgeRow) == 60


async def test_while_redis_is_away_the_feed_alone_goes_on(settings, registry, until, tmp_path):
    valkey = Valkey(tmp_path)
    valkey.start()
    there = settings.model_copy(update={"redis_url": valkey.url})
    async with open_resources(BACKGROUND, there) as resources, consuming(resources):
        await until(waiting(resources))
        valkey.stop()
        registry.merge("m0", BASE)
        await until(reached(resources, 1))
        valkey.start()
        await until(waiting(resources))
        await publish(resources, registry.merge("m1", BASE))
        await until(reached(resources, 2))
    valkey.stop()


async def test_a_frozen_redis_is_left_for_the_feed(settings, registry, until, tmp_path):
    valkey = Valkey(tmp_path)
    valkey.start()
    there = settings.model_copy(update={"redis_url": valkey.url})
    async with open_resources(BACKGROUND, there) as resources:
        consumer = events.consumer(resources)
        consumer.ANSWER_SECONDS, consumer.BLOCK_MS = 0.2, 50
        async with running({"consumer": consumer.run}):
            await until(waiting(resources))
            os.kill(valkey.pid, signal.SIGSTOP)
            registry.merge("m", BASE)
            await until(reached(resources, 1))
            os.kill(valkey.pid, signal.SIGCONT)
    valkey.stop()


async def test_a_cycle_is_refused_and_does_not_stop_what_follows(
    resources, registry, client, ancestry
):
    registry.merge("middle", BASE)
    registry.merge("base", Parent(name="middle"), Parent(name="other"))
    registry.merge("top", Parent(name="base"))
    await events.consumer(resources).catch_up()

    assert [node["name"] for node in (await ancestry("top"))["nodes"]] == ["top", "base", "other"]
    [base] = (await client.get("/v1/models", params={"name": "base"})).json()["items"]
    detail = (await client.get(f"/v1/models/{base['id']}")).json()
    [refused] = detail["refused_parents"]
    assert refused["name"] == "middle"
    assert refused["run"] == registry.events[1].data["run"]


async def test_models_that_are_merged_weight_by_weight_are_as_large_as_what_they_make(
    resources, registry, client
):
    adapted = Parent(name="tiny+dates", relation="adapter", base=Parent(name="tiny"))
    part = Parent(name="deep", layers=[(0, 8)])
    registry.merge("soup", BASE, adapted, part, parameters=1000)
    registry.merge("stack", Parent(name="small"), method="passthrough", parameters=2000)
    registry.merge("of an older worker", Parent(name="old"))
    await events.consumer(resources).catch_up()

    models = (await client.get("/v1/models", params={"limit": 50})).json()["items"]
    sizes = {each["name"]: each["parameters"] for each in models if each["parameters"]}
    assert sizes == {"soup": 1000, BASE.name: 1000, "tiny": 1000, "tiny+dates": 1000, "stack": 2000}


async def test_the_service_consumes_in_the_process_that_answers(settings, registry, until):
    registry.merge("m", BASE)
    app = create_app(settings.model_copy(update={"background": "inline"}))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://lineage") as client,
    ):

        async def known() -> bool:
            return bool((await client.get("/v1/models", params={"name": "m"})).json()["items"])

        await until(known)


async def test_the_background_process_consumes(settings, registry, resources, until):
    registry.merge("m", BASE)
    environment = {
        f"MERGEHUB_{name.upper()}": str(getattr(settings, name))
        for name in ("database_url", "redis_url", "hub_url")
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "lineage", env=os.environ | environment
    )
    await until(reached(resources, 1), seconds=30)
    process.terminate()
    assert await process.wait() == 0
