"""Events that cannot be applied: all replicas set them aside, report them, and replay them once."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from lineage import events
from lineage.background import BACKGROUND
from lineage.edges.models import EdgeRow
from lineage.tables import InboxRow, PositionRow, RefusedRow, intake
from mergehub.backoff import Backoff
from mergehub.contracts.events import Envelope
from mergehub.contracts.kinds.merge import Parent
from mergehub.kit.background.resources import Resources, open_resources
from mergehub.kit.events.consumer import Consumer
from mergehub.kit.events.inbox import Apply
from mergehub.kit.telemetry.loops import running

BASE = Parent(name="base", role="base")


def reader(resources: Resources, apply: Apply = events.apply) -> Consumer:
    """The service's consumer, or one with another effect; it does not pause between attempts."""
    consumer = Consumer(
        group="lineage",
        database=resources.database,
        redis=resources.redis,
        hub=resources.hub,
        intake=intake,
        apply=apply,
    )
    consumer.BACKOFF = Backoff(first=0.001)
    return consumer


async def count(resources: Resources, table: type[Any]) -> int:
    async with resources.database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def position(resources: Resources) -> int:
    async with resources.database.transaction() as session:
        return await session.scalar(select(PositionRow.sequence)) or 0


async def set_aside(resources: Resources) -> list[RefusedRow]:
    async with resources.database.transaction() as session:
        return list(await intake.set_aside(session))


@pytest.fixture
def poison(registry) -> Envelope:
    """An event that cannot be applied, followed by one that can."""
    told = registry.merge("m0", BASE)
    registry.events[0] = told.model_copy(update={"data": {"name": "no parents\0"}})
    registry.merge("m1", BASE)
    return registry.events[0]


@pytest.fixture
def mended(registry) -> Callable[[AsyncSession, Envelope], Awaitable[None]]:
    """An effect that applies what the service's own cannot, as a newer version might."""

    async def apply(session: AsyncSession, event: Envelope) -> None:
        data = registry.events[1].data | {"name": "mended"}
        await events.apply(session, event.model_copy(update={"data": data}))

    return apply


async def test_it_is_set_aside_after_some_tries_and_the_next_is_applied(resources, poison):
    tries: Counter[int] = Counter()

    async def note(session: AsyncSession, event: Envelope) -> None:
        tries[event.sequence] += 1
        await events.apply(session, event)

    consumer = reader(resources, note)
    await consumer.catch_up()
    assert tries == {1: consumer.TRIES, 2: 1}
    assert await position(resources) == 2
    assert await count(resources, EdgeRow) == await count(resources, InboxRow) == 1
    [kept] = await set_aside(resources)
    assert kept.event_id == poison.id
    assert "validation errors for ModelProduced" in kept.reason


async def test_among_events_that_are_applied_at_once_it_alone_is_set_aside(resources, registry):
    for number in range(5):
        registry.merge(f"m{number}", BASE)
    spoilt = registry.events[3] = registry.events[3].model_copy(update={"data": {}})
    consumer = events.consumer(resources)
    consumer.BACKOFF = Backoff(first=0.001)
    await consumer.catch_up()
    assert await position(resources) == 5
    assert [row.event_id for row in await set_aside(resources)] == [spoilt.id]
    assert await count(resources, EdgeRow) == await count(resources, InboxRow) == 4


async def test_it_does_not_stop_the_running_consumer(resources, poison, until):
    async def done() -> bool:
        return await position(resources) == 2

    async with running({"consumer": reader(resources).run}):
        await until(done)
    assert await count(resources, RefusedRow) == 1


async def test_replicas_count_its_tries_together_and_set_it_aside_once(settings, poison):
    tries = 0

    async def fail(session: AsyncSession, event: Envelope) -> None:
        nonlocal tries
        if event.sequence == 1:
            tries += 1
        await events.apply(session, event)

    async with (
        open_resources(BACKGROUND, settings) as one,
        open_resources(BACKGROUND, settings) as two,
    ):
        consumers = [reader(each, fail) for each in (one, two)]
        await asyncio.gather(*(each.catch_up() for each in consumers))
        assert await position(one) == 2
        assert await count(one, RefusedRow) == await count(one, EdgeRow) == 1
    # One more attempt may have begun when the last one was counted.
    assert Consumer.TRIES <= tries <= Consumer.TRIES + 1


async def test_a_restart_does_not_begin_the_count_anew(resources, poison):
    for number in range(1, Consumer.TRIES):
        async with resources.database.transaction() as session:
            assert await intake.fail(session, poison, "crashed", Consumer.TRIES) == number
    consumer = reader(resources)
    consumer.BACKOFF = Backoff(first=60)
    await consumer.catch_up()
    assert await count(resources, RefusedRow) == 1


async def test_each_event_has_tries_of_its_own(resources, registry):
    failing = Counter({1: 2, 2: Consumer.TRIES, 3: Consumer.TRIES - 1})
    tries: list[int] = []

    async def fail(session: AsyncSession, event: Envelope) -> None:
        tries.append(event.sequence)
        if tries.count(event.sequence) <= failing[event.sequence]:
            raise ValueError("once more")

    for number in range(4):
        registry.merge(f"m{number}", BASE)
    await reader(resources, fail).catch_up()
    assert Counter(tries) == {1: 3, 2: Consumer.TRIES, 3: Consumer.TRIES, 4: 1}
    assert [row.reason for row in await set_aside(resources)] == ["ValueError: once more"]
    assert await count(resources, InboxRow) == 3


async def test_a_value_that_no_column_holds_is_its_own_fault_too(resources, registry):
    registry.merge("m" * 501, BASE)
    await reader(resources).catch_up()
    assert await count(resources, RefusedRow) == await position(resources) == 1


async def test_a_fault_that_nobody_thought_of_holds_nothing_up(resources, registry):
    registry.merge("m", BASE)

    async def fail(session: AsyncSession, event: Envelope) -> None:
        raise RecursionError("too deep")

    await reader(resources, fail).catch_up()
    assert await count(resources, RefusedRow) == await position(resources) == 1


async def test_what_is_away_is_waited_for_and_never_held_against_an_event(resources, registry):
    registry.merge("m", BASE)

    async def fail(session: AsyncSession, event: Envelope) -> None:
        raise httpx.ConnectError("away")

    consumer = reader(resources, fail)
    for _ in range(consumer.TRIES + 1):
        with pytest.raises(httpx.ConnectError):
            await consumer.catch_up()
    assert await count(resources, RefusedRow) == await position(resources) == 0


async def test_it_shows_in_the_metrics_of_every_process(resources, client, poison):
    before = (await client.get("/metrics")).text
    await reader(resources).catch_up()
    after = (await client.get("/metrics")).text
    assert 'mergehub_events_set_aside{source="registry"} 0.0' in before
    assert 'mergehub_events_set_aside{source="registry"} 1.0' in after
    assert 'mergehub_events_applied{source="registry"} 2.0' in after


class TestReplay:
    async def test_it_is_applied_and_no_longer_set_aside(self, resources, poison, mended):
        await reader(resources).catch_up()
        assert await reader(resources, mended).replay(poison.id)
        assert await count(resources, RefusedRow) == 0
        assert await count(resources, EdgeRow) == await count(resources, InboxRow) == 2
        assert await position(resources) == 2

    async def test_many_at_once_are_one(self, resources, poison, mended):
        await reader(resources).catch_up()
        replays = (reader(resources, mended).replay(poison.id) for _ in range(4))
        assert sorted(await asyncio.gather(*replays)) == [False, False, False, True]
        assert await count(resources, InboxRow) == 2

    async def test_what_fails_again_stays_as_it_was(self, resources, poison):
        await reader(resources).catch_up()
        with pytest.raises(ValidationError):
            await reader(resources).replay(poison.id)
        assert await count(resources, RefusedRow) == await count(resources, InboxRow) == 1

    async def test_an_event_that_is_not_set_aside_is_left_alone(self, resources, registry, poison):
        await reader(resources).catch_up()
        assert not await reader(resources).replay(registry.events[1].id)
        assert await count(resources, EdgeRow) == 1


class TestCommand:
    """`python -m lineage` with an argument."""

    async def test_lists_and_replays_what_was_set_aside(self, resources, registry, poison, command):
        assert await command("set-aside") == (0, "", "")
        await reader(resources).catch_up()
        status, out, _ = await command("set-aside")
        [line] = map(json.loads, out.splitlines())
        assert (status, line["id"], line["data"]) == (0, str(poison.id), poison.data)
        assert "validation errors" in line["reason"]

        status, _, err = await command("replay")
        assert status == 1
        assert f"{poison.id}: still not applied: ValidationError" in err

        whole = poison.model_copy(update={"data": registry.events[1].data | {"name": "m0"}})
        async with resources.database.transaction() as session:
            (await session.get(RefusedRow, poison.id)).event = whole.model_dump_json()
        assert await command("replay", str(poison.id)) == (0, f"{poison.id}: applied\n", "")
        assert await command("set-aside") == (0, "", "")
        assert await count(resources, EdgeRow) == 2
