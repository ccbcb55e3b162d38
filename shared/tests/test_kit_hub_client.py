"""The client with which services call one another."""

from __future__ import annotations

import gc
from weakref import ref

import httpx
import pytest

from mergehub.kit.background.hub_client import HubClient


def answered(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"path": request.url.path})


@pytest.fixture
async def client():
    async with HubClient(
        transport=httpx.MockTransport(answered), base_url="http://hub.example"
    ) as made:
        yield made


async def test_the_memory_of_an_answer_is_free_without_a_search_for_garbage(client):
    gc.collect()
    gc.disable()
    try:
        answer = await client.get("/v1/events")
        assert answer.json() == {"path": "/v1/events"}
        watched = ref(answer)
        del answer
        assert watched() is None
    finally:
        gc.enable()


async def test_an_answer_can_still_be_read_in_parts(client):
    async with client.stream("GET", "/v1/feed") as answer:
        assert [part async for part in answer.aiter_lines()] == ['{"path":"/v1/feed"}']


async def test_an_answer_that_was_read_can_be_read_again(client):
    answer = await client.get("/v1/events")
    assert await answer.aread() == answer.content
