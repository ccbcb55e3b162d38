"""`/readyz` says when the graph in memory cannot answer, and no longer when it can again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import text

from lineage.app import create_app
from lineage.replica import serving
from lineage.replica.following import Follower
from mergehub.kit.replica import replica as replica_module


@pytest.fixture
async def app(settings):
    """A service of its own, since the test breaks what it follows."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def probe(app) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://lineage"
    ) as probe:
        yield probe


async def answers(probe: httpx.AsyncClient, status: int) -> httpx.Response:
    """The first answer with this status."""
    async with asyncio.timeout(30):
        while (answer := await probe.get("/readyz")).status_code != status:
            pass
    return answer


async def test_a_graph_that_is_being_loaded_is_not_ready(settings, monkeypatch):
    load, go = Follower.load, asyncio.Event()

    async def slow(*arguments):
        await go.wait()
        return await load(*arguments)

    monkeypatch.setattr(Follower, "load", slow)
    monkeypatch.setattr(serving, "GLANCE_SECONDS", 0.01)
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://lineage") as probe,
    ):
        answer = await probe.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["code"] == "not-ready"
        assert "reading it from the database" in answer.json()["detail"]
        assert (await probe.get("/healthz")).status_code == 200
        go.set()
        await answers(probe, 200)


async def test_a_graph_that_stops_following_is_not_ready_although_the_database_answers(
    app, probe, resources, monkeypatch
):
    monkeypatch.setattr(replica_module, "LOOK_SECONDS", 0.01)
    await answers(probe, 200)
    async with resources.database.transaction() as session:
        await session.execute(text("ALTER TABLE changes RENAME TO changes_away"))
    try:
        assert (await probe.get("/readyz")).status_code == 200, "a short interruption is none"
        monkeypatch.setattr(serving, "SILENT_SECONDS", 0.5)
        answer = await answers(probe, 503)
        assert "has not followed the database for" in answer.json()["detail"]
        assert (await probe.get("/healthz")).status_code == 200
    finally:
        async with resources.database.transaction() as session:
            await session.execute(text("ALTER TABLE changes_away RENAME TO changes"))
    await answers(probe, 200)
