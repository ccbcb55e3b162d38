"""Limits of a request: its time, its nesting, its compression."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import Request
from fastapi.responses import StreamingResponse
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from mergehub.kit.http.api import Api
from mergehub.kit.http.stack import add_middleware
from mergehub.kit.middleware.json_bodies import DEEPEST, is_too_deep
from mergehub.kit.middleware.time_limits import TimeLimit
from mergehub.kit.settings.service import ServiceSettings

SECONDS = 0.3


class Seen:
    cancelled = False


@pytest.fixture
def app() -> Api:
    app = Api()
    settings = ServiceSettings(request_seconds=SECONDS, rate_reads=0, rate_writes=0)
    add_middleware(app, settings, CollectorRegistry(), {})
    app.state.seen = Seen()

    @app.get("/never")
    async def never() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            app.state.seen.cancelled = True
            raise

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def chunks() -> AsyncIterator[str]:
            yield "begun, "
            await asyncio.sleep(2 * SECONDS)
            yield "and ended"

        return StreamingResponse(chunks(), media_type="text/event-stream")

    @app.get("/own-timeout")
    async def own_timeout() -> None:
        raise TimeoutError

    @app.post("/json")
    async def body(request: Request, body: Any) -> None:
        raise AssertionError

    @app.post("/any")
    async def anything(body: dict[str, Any]) -> str:
        return "read"

    return app


@pytest.fixture
async def client(app: Api) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://kit") as client:
        yield client


async def test_an_answer_that_takes_too_long_is_given_up(
    app: Api, client: httpx.AsyncClient
) -> None:
    answer = await client.get("/never")
    assert (answer.status_code, answer.json()["code"]) == (503, "took-too-long")
    assert answer.headers["retry-after"] == "2"
    assert app.state.seen.cancelled, "the work goes on without a client"


async def test_a_stream_that_has_begun_may_go_on(client: httpx.AsyncClient) -> None:
    assert (await client.get("/stream")).text == "begun, and ended"


async def test_a_timeout_of_the_endpoint_is_its_own_fault(client: httpx.AsyncClient) -> None:
    assert (await client.get("/own-timeout")).json()["code"] == "internal-error"


async def test_time_in_which_the_body_arrives_is_not_ours(client: httpx.AsyncClient) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(2 * SECONDS)
        yield b"}"

    headers = {"content-type": "application/json"}
    assert (await client.post("/any", content=body(), headers=headers)).status_code == 200


async def test_a_body_by_drops_is_not_waited_for(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TimeLimit, "GRACE_SECONDS", 0.1)
    given_up = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"{"
        await given_up.wait()

    async def receive_nothing() -> None:
        headers = {"content-type": "application/json"}
        answer = await client.post("/any", content=body(), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (408, "request-too-slow")
        assert answer.headers["connection"] == "close"

    async with asyncio.timeout(5):
        await receive_nothing()


@pytest.mark.parametrize("opened", ["[", '{"a":'])
async def test_json_is_read_down_to_a_depth(client: httpx.AsyncClient, opened: str) -> None:
    closed = {"[": "]", '{"a":': "}"}[opened]

    async def post(depth: int) -> httpx.Response:
        inner = opened * (depth - 1) + "1" + closed * (depth - 1)
        headers = {"content-type": "application/json; charset=utf-8"}
        return await client.post("/any", content=f'{{"a": {inner}}}', headers=headers)

    assert (await post(DEEPEST)).status_code == 200
    answer = await post(DEEPEST + 1)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")
    assert "64 levels" in answer.json()["detail"]


JSON = st.recursive(
    st.text() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth, inner), default=0) if isinstance(value, (dict, list)) else 0


@given(JSON, st.booleans(), st.integers(0, 70), st.sampled_from(('[{"\\', "[{", "]}")))
def test_only_brackets_outside_of_strings_count(
    value: Any, ascii_only: bool, more: int, text: str
) -> None:
    for _ in range(more):
        value = [value]
    value = [text * DEEPEST, "a]", "[b", value]  # in a string they mean nothing
    body = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert is_too_deep(body) == (depth(value) > DEEPEST)


@given(st.binary(max_size=300))
def test_what_is_no_json_is_judged_without_a_fault(body: bytes) -> None:
    is_too_deep(b"[" * DEEPEST + body)


@pytest.mark.parametrize("encoding", ["gzip", "br", "Deflate", "identity, gzip"])
async def test_a_compressed_body_is_refused(client: httpx.AsyncClient, encoding: str) -> None:
    answer = await client.post("/any", json={}, headers={"Content-Encoding": encoding})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-encoding")
    assert answer.headers["accept-encoding"] == "identity"


async def test_a_body_that_says_it_is_plain_is_read(client: httpx.AsyncClient) -> None:
    answer = await client.post("/any", json={}, headers={"Content-Encoding": "identity"})
    assert answer.status_code == 200
