"""How long the feed keeps events, what it says about pruned ones, and events of older releases."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, text

from mergehub.contracts.events import Envelope
from mergehub.kit.background.resources import Resources
from mergehub.kit.database.pruning import Pruner
from registry.background import make_relay
from registry.events.models import OutboxRow, outbox
from tools.event_releases import Release, released

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]

DAYS = 90


@pytest.fixture
def told(submit: Call, resources: Resources) -> Call:
    """Publish this many events, numbered from 1."""

    async def told(number: int) -> None:
        for _ in range(number):
            await submit()
        assert await make_relay(resources).publish_due() == number

    return told


@pytest.fixture
def aged(transaction: Any) -> Call:
    """Make the events of these sequences older than the feed keeps them."""

    async def aged(*sequences: int) -> None:
        async with transaction() as session:
            await session.execute(
                text(
                    "UPDATE outbox SET time = now() - interval '91 days' WHERE sequence = ANY(:s)"
                ),
                {"s": list(sequences)},
            )

    return aged


@pytest.fixture
def pruner(resources: Resources) -> Pruner:
    return Pruner(resources.database, outbox.prune, DAYS)


async def kept(owner: httpx.AsyncClient, after: int) -> list[int]:
    page = await owner.get("/v1/events", params={"after": after})
    assert page.status_code == 200, page.text
    return [each["sequence"] for each in page.json()["items"]]


async def test_who_is_behind_what_is_kept_is_told_so_and_where_to_go_on(
    owner: httpx.AsyncClient, told: Call, aged: Call, pruner: Pruner
) -> None:
    await told(5)
    await aged(1, 2, 3)
    assert await pruner.prune() == 3

    gone = await owner.get("/v1/events", params={"after": 2})

    assert (gone.status_code, gone.json()["code"]) == (410, "events-pruned")
    assert "the oldest one is 4" in gone.json()["detail"]
    assert gone.links["first"]["url"] == "/v1/events?after=3"
    onward = (await owner.get(gone.links["first"]["url"])).json()
    assert [each["sequence"] for each in onward["items"]] == [4, 5]


async def test_nothing_is_pruned_from_the_middle(
    owner: httpx.AsyncClient, told: Call, aged: Call, pruner: Pruner
) -> None:
    await told(5)
    await aged(1, 3, 4)
    assert await pruner.prune() == 1
    assert await kept(owner, after=1) == [2, 3, 4, 5]


async def test_the_newest_event_stays_so_that_numbers_go_on_from_it(
    owner: httpx.AsyncClient, told: Call, aged: Call, pruner: Pruner
) -> None:
    await told(3)
    await aged(1, 2, 3)
    assert [await pruner.prune(), await pruner.prune()] == [2, 0]
    await told(1)
    assert await kept(owner, after=2) == [3, 4]
    assert await kept(owner, after=4) == []


async def test_what_was_not_published_is_kept(
    told: Call, aged: Call, pruner: Pruner, transaction: Any
) -> None:
    await told(3)
    await aged(1, 2, 3)
    async with transaction() as session:
        await session.execute(text("UPDATE outbox SET published = false WHERE sequence = 2"))
    assert await pruner.prune() == 1


async def test_private_events_are_pruned_by_their_age(
    told: Call, pruner: Pruner, transaction: Any, events: Call
) -> None:
    await told(3)
    async with transaction() as session:
        private = "UPDATE outbox SET private_to = 'ann', sequence = NULL, published = {}, time = {}"
        for published, age, which in ((True, 91, 1), (False, 91, 2), (True, 1, 3)):
            old = f"now() - interval '{age} days' WHERE sequence = {which}"
            await session.execute(text(private.format(published, old)))
    assert await pruner.prune() == 1
    await events()
    assert await pruner.prune() == 1, "the events that the relay had held are old now, too"


async def test_an_empty_outbox_and_one_without_numbers_are_left_alone(
    submit: Call, pruner: Pruner, events: Call
) -> None:
    assert await pruner.prune() == 0
    await submit()
    assert await pruner.prune() == 0
    assert len(await events()) == 1


async def test_pruners_and_a_relay_at_once_leave_no_gap(
    owner: httpx.AsyncClient, resources: Resources, told: Call, aged: Call, submit: Call
) -> None:
    await told(30)
    await aged(*range(1, 21))
    pruners = [Pruner(resources.database, outbox.prune, DAYS) for _ in range(3)]
    for _ in range(3):
        await submit()
    gone = await asyncio.gather(
        *(each.prune() for each in pruners), make_relay(resources).publish_due()
    )
    assert sum(gone[:3]) == 20
    assert await kept(owner, after=20) == list(range(21, 34))


async def test_what_waits_for_the_relay_shows_in_the_metrics(
    owner: httpx.AsyncClient, submit: Call, events: Call, transaction: Any
) -> None:
    async def metric(name: str) -> float:
        lines = (await owner.get("/metrics")).text.splitlines()
        [line] = [each for each in lines if each.startswith(f'{name}{{source="registry"}}')]
        return float(line.split()[1])

    await submit()
    async with transaction() as session:
        await session.execute(text("UPDATE outbox SET time = now() - interval '30 s'"))
    assert await metric("mergehub_events_unpublished") == 1
    assert await metric("mergehub_events_unpublished_seconds") >= 30
    assert await metric("mergehub_events_told") == 0
    await events()
    assert await metric("mergehub_events_unpublished") == 0
    assert await metric("mergehub_events_unpublished_seconds") == 0
    assert await metric("mergehub_events_told") == 1


@pytest.mark.parametrize("release", released(), ids=lambda each: each.version)
async def test_events_that_an_older_release_stored_are_told_as_they_were(
    owner: httpx.AsyncClient, resources: Resources, events: Call, transaction: Any,
    release: Release,
) -> None:  # fmt: skip
    stored = [Envelope.model_validate(each) for each in release.samples]
    rows = [
        each.model_dump(include={"type", "subject", "time", "data"}) | {"event_id": each.id}
        for each in stored
    ]
    async with transaction() as session:
        await session.execute(insert(OutboxRow), rows)
    assert await events() == release.samples


async def test_a_page_of_large_events_has_fewer_and_none_is_left_out(
    owner: httpx.AsyncClient, told: Call, transaction: Any
) -> None:
    await told(6)
    grow = text(
        "UPDATE outbox SET data = data || jsonb_build_object('x', (SELECT string_agg("
        "md5(n::text), '') FROM generate_series(1, :words) AS n)) WHERE sequence = ANY(:these)"
    )
    async with transaction() as session:  # half a megabyte each, and one of two megabytes
        await session.execute(grow, {"words": 16_000, "these": [1, 2, 3]})
        await session.execute(grow, {"words": 64_000, "these": [5]})
    pages, address = [], "/v1/events?after=0"
    while address:
        page = await owner.get(address)
        pages.append([each["sequence"] for each in page.json()["items"]])
        address = page.links.get("next", {}).get("url")
    assert [number for page in pages for number in page] == [1, 2, 3, 4, 5, 6]
    assert pages == [[1, 2], [3, 4], [5], [6]]
