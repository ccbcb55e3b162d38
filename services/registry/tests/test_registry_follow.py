"""Following a run by server-sent events, over a real connection."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from frames import Frames, frames_of
from sqlalchemy import text

from mergehub.kit.background.resources import Resources
from mergehub.tls import tls

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]


class Server(uvicorn.Server):
    def capture_signals(self) -> Any:
        return nullcontext()  # the tests handle signals


@pytest.fixture(scope="session")
async def address(app: FastAPI) -> AsyncIterator[str]:
    """The service on a port, since an in-process client waits for the end of a body."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = uvicorn.Config(app, log_level="warning", lifespan="off", ws="none")
        server = Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await task


@pytest.fixture
def follow(address: str) -> Callable[..., Any]:
    """Open the stream of a run and return its frames as they arrive."""

    @asynccontextmanager
    async def follow(run: Json, last: int | None = None) -> AsyncIterator[Frames]:
        headers = {"Last-Event-ID": str(last)} if last is not None else {}
        async with (
            httpx.AsyncClient(base_url=address, verify=tls(address), timeout=60) as client,
            client.stream("GET", f"/v1/runs/{run['id']}/events", headers=headers) as answer,
        ):
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield frames_of(answer)

    return follow


async def test_stream_follows_a_run_to_its_end(
    owner: httpx.AsyncClient, worker: httpx.AsyncClient, follow: Any, submit: Call, claim: Call,
    report: Call,
) -> None:  # fmt: skip
    run = await submit()
    async with follow(run) as frames:
        queued = await anext(frames)
        claimed = await claim(run)
        running = await anext(frames)
        progress = {"stage": "merging", "done": 1, "total": 2, "unit": "tensors"}
        body = {"fence": claimed["fence"], "progress": progress}
        await worker.post(f"/v1/runs/{run['id']}/heartbeat", json=body)
        halfway = await anext(frames)
        await report(claimed)
        rest = [frame async for frame in frames]

    assert {queued["event"], running["event"], halfway["event"]} == {"run"}
    states = [each["data"]["state"] for each in (queued, running, halfway, *rest)]
    assert states == ["queued", "running", "running", "succeeded"]
    assert halfway["data"]["progress"]["done"] == 1
    assert [each["id"] for each in (queued, running, halfway, *rest)] == ["1", "2", "3", "4"]
    assert rest[-1]["data"] == (await owner.get(f"/v1/runs/{run['id']}")).json()


async def test_stream_resumes_behind_the_last_event(
    follow: Any, submit: Call, claim: Call, report: Call
) -> None:
    run = await submit()
    claimed = await claim(run)
    async with follow(run, last=1) as frames:
        assert (await anext(frames))["id"] == "2"
    async with follow(run, last=2) as frames:
        assert "data" not in await anext(frames)
        await report(claimed)
        assert [each["id"] async for each in frames] == ["3"]


async def test_ended_run_is_not_followed_twice(
    follow: Any, stranger: httpx.AsyncClient, submit: Call, claim: Call, report: Call
) -> None:
    run = await submit()
    await report(await claim(run))
    async with follow(run) as frames:
        (only,) = [frame async for frame in frames]
    again = await stranger.get(
        f"/v1/runs/{run['id']}/events", headers={"Last-Event-ID": only["id"]}
    )
    assert only["data"]["state"] == "succeeded"
    assert (again.status_code, again.content) == (204, b"")


async def test_quiet_stream_shows_life_and_looks_by_itself(
    follow: Any, submit: Call, transaction: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mergehub.kit.http.follow.QUIET_SECONDS", 0.05)
    run = await submit()
    async with follow(run) as frames:
        assert (await anext(frames))["id"] == "1"
        assert await anext(frames) == {"": "still here"}
        async with transaction() as session:
            unheard = "UPDATE runs SET revision = 9, state = 'cancelled' WHERE id = :id"
            await session.execute(text(unheard), {"id": run["id"]})
        told = [frame async for frame in frames if "id" in frame]
    assert [each["id"] for each in told] == ["9"]


async def test_waiting_followers_hold_no_connection(
    resources: Resources, follow: Any, submit: Call, owner: httpx.AsyncClient
) -> None:
    run = await submit()
    pool = resources.database.engine.pool
    many = 3 * resources.settings.database_pool
    async with asyncio.timeout(30), asyncio.TaskGroup() as followers:
        started = asyncio.Barrier(many + 1)

        async def one() -> str:
            async with follow(run) as frames:
                await anext(frames)
                await started.wait()
                return [frame async for frame in frames][-1]["data"]["state"]

        ends = [followers.create_task(one()) for _ in range(many)]
        await started.wait()
        assert pool.checkedout() == 0
        await owner.post(f"/v1/runs/{run['id']}/cancel")
    assert {each.result() for each in ends} == {"cancelled"}


async def test_head_of_a_stream_does_not_wait_for_its_end(address: str, submit: Call) -> None:
    run = await submit()
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        answer = await client.head(f"/v1/runs/{run['id']}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")


@pytest.fixture
def poll(stranger: httpx.AsyncClient) -> Call:
    """Get a run whose `revision` is known, and wait for a change."""

    async def poll(run: Json, revision: int | str, wait: int) -> httpx.Response:
        headers = {"If-None-Match": f'"{revision}"'}
        return await stranger.get(f"/v1/runs/{run['id']}?wait={wait}", headers=headers)

    return poll


async def test_who_cannot_stream_waits_for_the_next_change(
    resources: Resources, poll: Call, submit: Call, claim: Call, until: Call
) -> None:
    run = await submit()
    async with asyncio.timeout(25):
        polling = asyncio.create_task(poll(run, 1, 30))
        await until(_subscribed(resources, run))
        await claim(run)
        answer = await polling
    assert (answer.status_code, answer.json()["state"]) == (200, "running")
    assert answer.headers["etag"] == '"2"'


def _subscribed(resources: Resources, run: Json) -> Callable[[], Awaitable[bool]]:
    async def subscribed() -> bool:
        return ("mergehub_runs", run["id"]) in resources.signals._waiters

    return subscribed


async def test_many_who_wait_hold_no_connection(
    resources: Resources, poll: Call, submit: Call, owner: httpx.AsyncClient, until: Call
) -> None:
    run = await submit()
    pool = resources.database.engine.pool
    many = 3 * resources.settings.database_pool
    async with asyncio.timeout(28), asyncio.TaskGroup() as group:
        polls = [group.create_task(poll(run, 1, 30)) for _ in range(many)]

        async def all_wait() -> bool:
            waiters = resources.signals._waiters.get(("mergehub_runs", run["id"]), ())
            return len(waiters) == many and pool.checkedout() == 0

        await until(all_wait)
        await owner.post(f"/v1/runs/{run['id']}/cancel")
    assert {each.result().json()["state"] for each in polls} == {"cancelled"}


async def test_where_nothing_changes_the_wait_ends_in_304(poll: Call, submit: Call) -> None:
    answer = await poll(await submit(), 1, 1)
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", '"1"')


async def test_what_is_not_known_is_not_waited_for(
    poll: Call, submit: Call, claim: Call, report: Call, stranger: httpx.AsyncClient
) -> None:
    run = await submit()
    async with asyncio.timeout(8):
        assert (await poll(run, "other", 30)).status_code == 200
        assert (await stranger.get(f"/v1/runs/{run['id']}?wait=30")).status_code == 200
        await report(await claim(run))
        assert (await poll(run, 3, 30)).status_code == 304, "a run that has ended does not change"
    assert (await poll(run, 3, 31)).status_code == 422


async def test_a_stream_from_beyond_the_end_ends(
    follow: Any, submit: Call, claim: Call, report: Call
) -> None:
    run = await submit()
    async with follow(run, last=10**17) as frames:
        assert await anext(frames) == {"": "still here"}
        await report(await claim(run))
        assert [frame async for frame in frames if "id" in frame] == []
