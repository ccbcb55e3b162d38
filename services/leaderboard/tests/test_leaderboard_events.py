"""Evaluations and merges reach the leaderboard once each, with their item scores."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select, text

from leaderboard import events
from leaderboard.app import create_app
from leaderboard.background import BACKGROUND
from leaderboard.facts import item_scores
from leaderboard.facts.models import FactRow
from leaderboard.parents.models import ParentRow
from leaderboard.tables import InboxRow, PositionRow, intake
from mergehub.backoff import Backoff
from mergehub.contracts.kinds.merge import Parent
from mergehub.kit.background.resources import Resources, open_resources
from mergehub.kit.events.stream import StreamPublisher
from mergehub.kit.telemetry.loops import running


async def count(resources: Resources, table: type[Any]) -> int:
    async with resources.database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def scored_items(resources: Resources) -> int:
    async with resources.database.transaction() as session:
        facts = (await session.scalars(select(FactRow.id))).all()
        return sum(map(len, (await item_scores.read(session, facts)).values()))


def reached(resources: Resources, sequence: int) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        async with resources.database.transaction() as session:
            return (await session.scalar(select(PositionRow.sequence)) or 0) >= sequence

    return check


async def test_a_result_comes_with_its_items(resources, registry, caught_up):
    registry.score("m", "dates", "1101")
    await caught_up()
    async with resources.database.transaction() as session:
        result = (await session.scalars(select(FactRow))).one()
        items = (await item_scores.read(session, [result.id]))[result.id]
    assert (result.value, result.count, result.binary) == (0.75, 4, True)
    assert items == {"item-0": 1, "item-1": 1, "item-2": 0, "item-3": 1}


async def test_a_result_whose_items_nobody_kept_is_a_result(resources, registry, caught_up):
    registry.score("m", "dates", 0.5)
    await caught_up()
    assert (await count(resources, FactRow), await scored_items(resources)) == (1, 0)


async def test_items_of_many_results_come_with_few_requests(resources, registry, caught_up):
    for number in range(50):
        registry.score(f"m{number}", "dates", "10" if number % 2 else 0.5)
    await caught_up()
    assert sorted(registry.together) == [10, 20, 20]
    assert (await count(resources, FactRow), await scored_items(resources)) == (50, 50)


@pytest.mark.parametrize("status", [404, 422])
async def test_a_registry_of_the_release_before_is_asked_one_by_one(
    resources, registry, caught_up, status
):
    registry.score("m", "dates", "10")
    registry.score("n", "dates", "111")
    registry.failing, registry.failure = 1, status
    await caught_up()
    assert (await count(resources, FactRow), await scored_items(resources)) == (2, 5)


async def test_items_of_many_that_cannot_be_had_now_hold_them_back(resources, registry, caught_up):
    registry.score("m", "dates", "10")
    registry.score("n", "dates", "111")
    registry.failing = 1
    with pytest.raises(httpx.HTTPStatusError, match="503"):
        await caught_up()
    assert await count(resources, FactRow) == await count(resources, InboxRow) == 0
    await caught_up()
    assert (await count(resources, FactRow), await scored_items(resources)) == (2, 5)


@pytest.mark.parametrize("status", [503, 429, 404], ids=["away", "busy", "no-such-route"])
async def test_items_that_cannot_be_had_now_hold_the_event_back(
    resources, registry, caught_up, status
):
    registry.score("m", "dates", "10")
    registry.failing, registry.failure = 1, status
    with pytest.raises(httpx.HTTPStatusError, match=str(status)):
        await caught_up()
    assert await count(resources, FactRow) == await count(resources, InboxRow) == 0
    await caught_up()
    assert (await count(resources, FactRow), await scored_items(resources)) == (1, 2)


async def test_items_that_are_refused_for_good_do_not_hold_up_the_next_event(resources, registry):
    registry.score("m0", "dates", "10")
    registry.score("m1", "dates", 0.5)
    consumer = events.consumer(resources)
    consumer.BACKOFF = Backoff(first=0.01)
    registry.failing, registry.failure = consumer.TRIES + 2, 422  # both are asked for at first
    await consumer.catch_up()
    async with resources.database.transaction() as session:
        [refused] = await intake.set_aside(session)
    assert "422" in refused.reason
    assert await count(resources, FactRow) == await count(resources, InboxRow) == 1
    assert await consumer.replay(refused.event_id)
    assert (await count(resources, FactRow), await scored_items(resources)) == (2, 2)
    assert not await consumer.replay(refused.event_id)


async def test_nothing_is_locked_while_another_service_is_asked(resources, registry, caught_up):
    locked = []

    async def lock() -> None:
        async with resources.database.transaction() as session:
            await session.execute(text("SET LOCAL lock_timeout = '5s'"))
            locked.append((await intake.locked_position(session)).sequence)

    registry.score("m", "dates", "10")
    registry.score("n", "dates", "11")
    registry.meanwhile = lock
    await caught_up()
    assert locked == [0]
    assert await count(resources, FactRow) == 2


async def test_what_a_replica_has_taken_in_already_is_not_asked_for_again(resources, registry):
    told = [registry.score("m", "dates", "10"), registry.score("n", "dates", "11")]
    consumer = events.consumer(resources)
    assert await consumer.offer(told[0])
    asked = []

    async def note() -> None:
        asked.append(True)

    registry.meanwhile = note
    assert await consumer.offer(*told)
    assert len(asked) == 1


async def test_beyond_a_gap_nothing_is_asked_for(resources, registry):
    told = [registry.score(name, "dates", "10") for name in "abc"]

    async def never() -> None:
        raise AssertionError

    consumer = events.consumer(resources)
    registry.meanwhile = never
    assert not await consumer.offer(told[1], told[2])


async def test_the_loop_tries_again_by_itself(resources, registry, until):
    registry.score("m", "dates", "10")
    registry.failing = 2
    async with running({"consumer": events.consumer(resources).run}):
        await until(reached(resources, 1))
    assert await scored_items(resources) == 2


async def test_many_items(resources, registry, caught_up):
    registry.score("m", "dates", "10" * 6_000)
    await caught_up()
    assert await scored_items(resources) == 12_000


async def test_the_same_run_told_twice_is_one_result(resources, registry, caught_up):
    told = registry.score("m", "dates", "10")
    registry.events.append(told.model_copy(update={"id": uuid4(), "sequence": 2}))
    await caught_up()
    assert (await count(resources, InboxRow), await count(resources, FactRow)) == (2, 1)
    assert await scored_items(resources) == 2


async def test_parents_are_those_of_the_newest_production(resources, registry, caught_up):
    registry.merge("m", Parent(name="old"), Parent(name="base", role="base"))
    registry.merge("m", Parent(name="new", base=Parent(name="base")), method="linear")
    await caught_up()
    async with resources.database.transaction() as session:
        rows = (await session.scalars(select(ParentRow).order_by(ParentRow.model))).all()
    assert [(row.model, row.parent, row.role, row.relation, row.method) for row in rows] == [
        ("m", "new", "ingredient", "merge", "linear"),
        ("new", "base", "base", "adapter", None),
    ]


async def test_stream_with_duplicates_and_a_gap_and_two_replicas(settings, registry, until):
    async with (
        open_resources(BACKGROUND, settings) as one,
        open_resources(BACKGROUND, settings) as two,
    ):
        loops = {"one": events.consumer(one).run, "two": events.consumer(two).run}
        async with running(loops):
            for number in range(10):
                told = registry.score(f"m{number}", "dates", "10")
                if number % 3:
                    await StreamPublisher(one.redis)([told, told])
            await until(reached(one, 10))
        assert await count(one, FactRow) == await count(one, InboxRow) == 10
        assert await scored_items(one) == 20


async def test_redis_emptied_loses_nothing(resources, registry, until):
    async with running({"consumer": events.consumer(resources).run}):
        registry.score("m0", "dates", "10")
        await until(reached(resources, 1))
        await resources.redis.flushdb()
        registry.score("m1", "dates", "10")
        await until(reached(resources, 2))
    assert await count(resources, FactRow) == 2


async def test_the_service_consumes_in_the_process_that_answers(settings, registry, until):
    registry.score("m", "dates", "10")
    app = create_app(settings.model_copy(update={"background": "inline"}))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://leaderboard") as client,
    ):

        async def known() -> bool:
            return bool((await client.get("/v1/results")).json()["items"])

        await until(known)


async def test_the_background_process_consumes(settings, registry, resources, until):
    registry.score("m", "dates", "10")
    environment = {
        f"MERGEHUB_{name.upper()}": str(getattr(settings, name))
        for name in ("database_url", "redis_url", "hub_url")
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "leaderboard", env=os.environ | environment
    )
    await until(reached(resources, 1), seconds=30)
    process.terminate()
    assert await process.wait() == 0
