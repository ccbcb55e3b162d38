"""The service over the real stores, and a registry's event feed over real HTTP."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import delete

from lineage.app import PARTS, create_app
from lineage.tables import Base
from mergehub.contracts.events import Envelope, EventPage, ModelProduced
from mergehub.contracts.kinds.merge import Parent
from mergehub.kit.http.app import Resources, open_resources
from mergehub.kit.settings.service import ServiceSettings


class Registry:
    """The events of a registry: `tell` adds one to its feed."""

    def __init__(self) -> None:
        self.address = ""
        self.events: list[Envelope] = []
        self.app = FastAPI()
        self.app.get("/v1/events")(self.page)

    async def page(self, after: int, limit: int) -> EventPage:
        items = self.events[after : after + limit]
        last = items[-1].sequence if items else after
        return EventPage(items=items, next_after=last, has_more=last < len(self.events))

    def tell(self, name: str, *parents: Parent, **changes: Any) -> Envelope:
        produced = ModelProduced(
            run=uuid4(),
            name=name,
            digest=f"sha256:{name}",
            method="ties",
            recipe_version=uuid4(),
            recipe_digest="sha256:recipe",
            parents=list(parents),
        ).model_copy(update=changes)
        event = Envelope(
            id=uuid4(),
            source="registry",
            sequence=len(self.events) + 1,
            type="model.produced",
            time=datetime.now(UTC),
            subject=name,
            data=produced.model_dump(mode="json"),
        )
        self.events.append(event)
        return event


@pytest.fixture(scope="session")
async def server_url(database_of: Callable[[str], Awaitable[str]]) -> str:
    """A database of our own."""
    return await database_of("lineage")


@pytest.fixture(scope="session")
async def registry(
    serving: Callable[[FastAPI], AbstractAsyncContextManager[str]],
) -> AsyncIterator[Registry]:
    registry = Registry()
    async with serving(registry.app) as registry.address:
        yield registry


@pytest.fixture(scope="session")
def settings(server_url: str, redis_url: str, registry: Registry) -> ServiceSettings:
    return ServiceSettings(
        database_url=server_url,
        redis_url=redis_url,
        hub_url=registry.address,
        background="separate",
    )


@pytest.fixture(scope="session")
async def resources(settings: ServiceSettings) -> AsyncIterator[Resources]:
    async with open_resources(PARTS, settings) as resources:
        yield resources


@pytest.fixture(scope="session")
async def client(settings: ServiceSettings) -> AsyncIterator[httpx.AsyncClient]:
    """Speaks to the service, whose background work is left to the test."""
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://lineage") as client,
    ):
        yield client


@pytest.fixture(autouse=True)
async def untouched(resources: Resources, registry: Registry) -> AsyncIterator[None]:
    """Leaves the stores and the feed as if the test had not been."""
    yield
    registry.events.clear()
    async with resources.database.transaction() as session:
        for table in reversed(Base.metadata.sorted_tables):
            await session.execute(delete(table))
    await resources.redis.flushdb()


@pytest.fixture
def command(settings: ServiceSettings) -> Callable[..., Awaitable[tuple[int, str, str]]]:
    """Runs `python -m lineage` with words; gives its exit status and what it said."""

    async def run(*words: str, hub_url: str = settings.hub_url) -> tuple[int, str, str]:
        named = settings.model_copy(update={"hub_url": hub_url})
        environment = {
            f"MERGEHUB_{name.upper()}": str(getattr(named, name))
            for name in ("database_url", "redis_url", "hub_url")
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "lineage", *words),
            env=os.environ | environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()

    return run


@pytest.fixture
def ancestry(client: httpx.AsyncClient) -> Callable[[str], Awaitable[dict[str, Any]]]:
    """Asks for the ancestors of a model by its name."""

    async def ask(name: str, **query: Any) -> dict[str, Any]:
        found = await client.get("/v1/models", params={"name": name})
        [model] = found.json()["items"]
        answer = await client.get(f"/v1/models/{model['id']}/ancestors", params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    return ask
