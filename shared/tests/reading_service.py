"""Fixtures of a service that reads a registry's events, over the real stores.

The conftest that uses them defines `service`, the service under test, and `fake`, the registry that
it reads.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TypeVar

import httpx
import pytest
from fake_registry import FakeRegistry
from fastapi import FastAPI
from sqlalchemy import MetaData, delete

from mergehub.kit.background.resources import Background, Resources, open_resources
from mergehub.kit.settings.service import ServiceSettings

R = TypeVar("R", bound=FakeRegistry)


async def no_wait() -> None:
    return None


@dataclass(frozen=True)
class ReadingService:
    """A service under test.

    `emptied` is called when the rows of a test are gone, and `caught_up` before each request.
    """

    background: Background
    create_app: Callable[[ServiceSettings], FastAPI]
    tables: MetaData
    emptied: Callable[[], object] = lambda: None
    caught_up: Callable[[], Awaitable[object]] = no_wait


@pytest.fixture(scope="session")
async def server_url(database_of: Callable[[str], Awaitable[str]], service: ReadingService) -> str:
    """A database for the service."""
    return await database_of(service.background.name)


@pytest.fixture(scope="session")
async def registry(
    serving: Callable[[FastAPI], AbstractAsyncContextManager[str]], fake: R
) -> AsyncIterator[R]:
    """The registry that the service reads."""
    async with serving(fake.app) as fake.address:
        yield fake


@pytest.fixture(scope="session")
def settings(server_url: str, redis_url: str, registry: FakeRegistry) -> ServiceSettings:
    return ServiceSettings(
        database_url=server_url,
        redis_url=redis_url,
        hub_url=registry.address,
        background="separate",
    )


@pytest.fixture(scope="session")
async def resources(settings: ServiceSettings, service: ReadingService) -> AsyncIterator[Resources]:
    async with open_resources(service.background, settings) as resources:
        yield resources


@pytest.fixture(scope="session")
async def client(
    settings: ServiceSettings, service: ReadingService
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service; the test runs its background work."""
    app = service.create_app(settings)

    async def prepared(request: httpx.Request) -> None:
        await service.caught_up()

    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url=f"http://{service.background.name}",
            event_hooks={"request": [prepared]},
        ) as client,
    ):
        yield client


@pytest.fixture(autouse=True)
async def untouched(
    resources: Resources, registry: FakeRegistry, service: ReadingService
) -> AsyncIterator[None]:
    """Restore the stores and the feed after the test."""
    yield
    registry.clear()
    async with resources.database.transaction() as session:
        for table in reversed(service.tables.sorted_tables):
            await session.execute(delete(table))
    service.emptied()
    await resources.redis.flushdb()
