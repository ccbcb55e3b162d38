"""The events that the registry publishes: the feed, the stream and the bell."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from arq.jobs import Job

from mergehub.contracts.events import STREAM, Envelope
from mergehub.kit.background.resources import Resources
from mergehub.kit.events.doorbell import EXECUTE_RUN, deserialize, job_pool, queue_name
from mergehub.kit.events.outbox import Relay
from registry.background import make_relay
from registry.events.models import outbox

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]


async def test_queued_run_rings_on_the_queue_of_its_hardware(
    resources: Resources, submit: Call, events: Call
) -> None:
    run = await submit(hardware="gpu")
    await events()

    (job_id,) = await resources.redis.zrange(queue_name("gpu"), 0, -1)
    job = await Job(
        job_id.decode(), job_pool(resources.redis), queue_name("gpu"), deserialize
    ).info()

    assert job is not None
    assert (job.function, list(job.args)) == (EXECUTE_RUN, [run["id"]])
    assert await resources.redis.exists(queue_name("cpu")) == 0


async def test_bell_of_a_second_attempt_is_another_one(
    resources: Resources, submit: Call, claim: Call, report: Call, events: Call
) -> None:
    run = await submit()
    await events()
    error = {"code": "crashed", "message": "x", "retryable": True}
    await report(await claim(run), "failed", error=error)
    await events()
    jobs = await resources.redis.zrange(queue_name("cpu"), 0, -1)
    assert jobs == [f"run:{run['id']}:{turn}:cpu".encode() for turn in (0, 1)]


async def test_run_that_was_cancelled_meanwhile_does_not_ring(
    owner: httpx.AsyncClient, resources: Resources, submit: Call, events: Call
) -> None:
    run = await submit()
    await owner.post(f"/v1/runs/{run['id']}/cancel")
    await events()
    assert await resources.redis.exists(queue_name("cpu")) == 0


async def test_stream_and_feed_tell_the_same(
    resources: Resources, submit: Call, claim: Call, report: Call, events: Call
) -> None:
    await report(await claim(await submit()))
    feed = await events()
    streamed = [fields[b"event"] for _, fields in await resources.redis.xrange(STREAM)]
    assert [Envelope.model_validate_json(each) for each in streamed] == [
        Envelope.model_validate(each) for each in feed
    ]


async def test_events_show_up_in_the_feed_once_they_are_numbered(
    owner: httpx.AsyncClient, submit: Call, events: Call
) -> None:
    await submit()
    before = await owner.get("/v1/events")
    assert before.json() == {"items": [], "next_after": 0, "has_more": False}
    assert len(await events()) == 1


async def test_feed_is_read_page_by_page(
    owner: httpx.AsyncClient, submit: Call, events: Call
) -> None:
    for _ in range(5):
        await submit()
    everything = await events()

    pages, after, more = [], 0, True
    while more:
        answer = await owner.get("/v1/events", params={"after": after, "limit": 2})
        page = answer.json()
        pages.append([each["sequence"] for each in page["items"]])
        after, more = page["next_after"], page["has_more"]
        next_page = {"rel": "next", "url": f"/v1/events?limit=2&after={after}"}
        assert answer.links == ({"next": next_page} if more else {})

    assert pages == [[1, 2], [3, 4], [5]]
    assert after == everything[-1]["sequence"]
    end = (await owner.get("/v1/events", params={"after": after})).json()
    assert end == {"items": [], "next_after": 5, "has_more": False}


async def test_feed_has_no_gap_under_writers_and_two_relays_at_once(
    owner: httpx.AsyncClient, resources: Resources, submit: Call, events: Call
) -> None:
    writing = True
    seen: list[int] = []

    async def relay() -> None:
        relay = make_relay(resources)
        while writing:
            await relay.publish_due()

    async def reader() -> None:
        while writing:
            after = seen[-1] if seen else 0
            page = (await owner.get("/v1/events", params={"after": after, "limit": 7})).json()
            seen.extend(each["sequence"] for each in page["items"])

    background = [asyncio.create_task(each()) for each in (relay, relay, reader)]
    runs = await asyncio.gather(*(submit() for _ in range(60)))
    writing = False
    await asyncio.gather(*background)

    feed = await events()
    assert [each["sequence"] for each in feed] == list(range(1, 61))
    assert {each["data"]["run"] for each in feed} == {run["id"] for run in runs}
    assert seen == list(range(1, len(seen) + 1))
    assert await resources.redis.zcard(queue_name("cpu")) == 60
    streamed = [fields[b"event"] for _, fields in await resources.redis.xrange(STREAM)]
    assert [Envelope.model_validate_json(each).sequence for each in streamed] == list(range(1, 61))


async def test_event_is_published_again_when_redis_was_away(
    resources: Resources, submit: Call, owner: httpx.AsyncClient
) -> None:
    await submit()
    seen: list[int] = []

    async def away(batch: Any) -> None:
        raise ConnectionError("Redis is away")

    async def back(batch: Any) -> None:
        seen.extend(each.sequence for each in batch)

    for publish in (away, back, back):
        relay = Relay(outbox, resources.database, publish)
        await asyncio.gather(relay.publish_due(), return_exceptions=True)

    assert seen == [1]


async def test_a_relay_that_dies_before_it_could_note_it_leaves_its_batch_to_the_other(
    resources: Resources, submit: Call
) -> None:
    await submit()
    published: list[Envelope] = []

    async def die(batch: Any) -> None:
        published.extend(batch)
        raise asyncio.CancelledError

    async def live(batch: Any) -> None:
        published.extend(batch)

    relays = [Relay(outbox, resources.database, publish) for publish in (die, live)]
    await asyncio.gather(relays[0].publish_due(), return_exceptions=True)
    assert [await relays[1].publish_due(), await relays[1].publish_due()] == [1, 0]
    assert len(published) == 2
    assert published[0] == published[1]
