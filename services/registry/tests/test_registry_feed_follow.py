"""Following the feed of events: waiting for the next ones, and reading the stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from frames import Frames, frames_of
from sqlalchemy import text

from mergehub.kit.background.resources import Resources
from registry.background import make_relay

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]

WAITERS = ("mergehub_outbox", "registry/numbered")


@pytest.fixture
def tell(submit: Call, resources: Resources) -> Call:
    """Publish one more event."""

    async def tell() -> None:
        await submit()
        assert await make_relay(resources).publish_due() == 1

    return tell


@pytest.fixture
def waiting(resources: Resources) -> Callable[[int], Call]:
    """Whether this many followers wait, without holding a connection."""

    def waiting(many: int) -> Call:
        async def wait() -> bool:
            there = len(resources.signals._waiters.get(WAITERS, ()))
            return there == many and resources.database.engine.pool.checkedout() == 0

        return wait

    return waiting


@pytest.fixture
async def follow(app: FastAPI, serving: Any, empty: None) -> AsyncIterator[Any]:
    """Open the stream and return its frames as they arrive."""
    async with serving(app) as url:

        @asynccontextmanager
        async def follow(query: str = "", last: int | None = None) -> AsyncIterator[Frames]:
            headers = {"Last-Event-ID": str(last)} if last is not None else {}
            async with (
                httpx.AsyncClient(base_url=url, timeout=60) as client,
                client.stream("GET", f"/v1/events/stream{query}", headers=headers) as answer,
            ):
                assert answer.headers["content-type"].startswith("text/event-stream")
                yield frames_of(answer)

        yield follow


async def test_who_waits_has_the_next_event_as_soon_as_it_is_there(
    stranger: httpx.AsyncClient, tell: Call, waiting: Any, until: Call
) -> None:
    await tell()
    async with asyncio.timeout(12), asyncio.TaskGroup() as group:
        polls = [group.create_task(stranger.get("/v1/events?after=1&wait=30")) for _ in range(20)]
        await until(waiting(20))
        await tell()
    for each in polls:
        page = each.result().json()
        assert [event["sequence"] for event in page["items"]] == [2]
        assert page["next_after"] == 2


async def test_what_is_there_is_not_waited_for(stranger: httpx.AsyncClient, tell: Call) -> None:
    await tell()
    async with asyncio.timeout(8):
        page = (await stranger.get("/v1/events?wait=30")).json()
    assert len(page["items"]) == 1


async def test_where_nothing_happens_the_page_is_empty(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/v1/events?after=7&wait=1")
    assert answer.json() == {"items": [], "next_after": 7, "has_more": False}
    assert (await stranger.get("/v1/events?wait=31")).status_code == 422


async def test_a_stream_tells_each_event_once_and_in_order(
    follow: Any, tell: Call, events: Call
) -> None:
    for _ in range(3):
        await tell()
    async with follow() as frames:
        told = [await anext(frames) for _ in range(3)]
        await tell()
        told.append(await anext(frames))
    assert [each["id"] for each in told] == ["1", "2", "3", "4"]
    assert {each["event"] for each in told} == {"run.queued"}
    assert [each["data"] for each in told] == await events()


async def test_more_than_a_batch_comes_without_waiting(
    follow: Any, tell: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.events.follow.BATCH", 2)
    for _ in range(5):
        await tell()
    async with asyncio.timeout(8), follow() as frames:
        assert [(await anext(frames))["id"] for _ in range(5)] == ["1", "2", "3", "4", "5"]


async def test_a_stream_resumes_behind_the_last_event(follow: Any, tell: Call) -> None:
    for _ in range(3):
        await tell()
    async with follow("?after=2") as frames:
        assert (await anext(frames))["id"] == "3"
    async with follow("?after=0", last=1) as frames:
        assert (await anext(frames))["id"] == "2"


async def test_a_quiet_stream_shows_life_and_holds_no_connection(
    follow: Any, waiting: Any, until: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mergehub.kit.http.follow.QUIET_SECONDS", 0.05)
    async with follow() as frames:
        assert await anext(frames) == {"": "still here"}
        assert await anext(frames) == {"": "still here"}
        await until(waiting(1))


async def test_a_stream_from_what_is_no_longer_kept_says_so(
    stranger: httpx.AsyncClient, tell: Call, transaction: Any
) -> None:
    for _ in range(2):
        await tell()
    async with transaction() as session:
        await session.execute(text("DELETE FROM outbox WHERE sequence = 1"))
    for path in ("/v1/events/stream", "/v1/events?wait=1"):
        gone = await stranger.get(path)
        assert (gone.status_code, gone.json()["code"]) == (410, "events-pruned")
