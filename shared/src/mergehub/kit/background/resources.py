"""The connections of a running service, and the work that it does on them without requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from mergehub.kit.background.hub_client import hub_client
from mergehub.kit.database.database import Database
from mergehub.kit.database.notify import Signals
from mergehub.kit.database.schema import migrate
from mergehub.kit.database.tables import Tables
from mergehub.kit.settings.service import ServiceSettings
from mergehub.kit.telemetry.loops import Loop

REDIS_SECONDS = 5.0
HUB = "hub"
"""In the `info` of every session: the address at which the hub is known."""


@dataclass(frozen=True)
class Resources:
    """The connections of one running service; `closing` ends what uses them.

    `metrics` are those of this process.
    """

    settings: ServiceSettings
    database: Database
    tables: Tables
    redis: Redis
    hub: httpx.AsyncClient
    signals: Signals
    closing: AsyncExitStack
    metrics: CollectorRegistry


@dataclass(frozen=True)
class Background:
    """What a service needs to run its loops.

    - `migrations`: the package of its Alembic history.
    - `channels`: the notifications of the database that it listens to.
    - `loops`: its background work.
    """

    name: str
    migrations: str
    loops: Callable[[Resources], Mapping[str, Loop]]
    channels: tuple[str, ...] = ()


@asynccontextmanager
async def open_resources(
    service: Background, settings: ServiceSettings, metrics: CollectorRegistry | None = None
) -> AsyncIterator[Resources]:
    """Connect, migrate the database if `migrations=inline`, and close everything at the end.

    Raises NewerTables if a newer release has migrated the database that this one should migrate.
    """
    async with AsyncExitStack() as stack:
        database = Database(settings.database_url, service.name, settings.database_pool)
        stack.push_async_callback(database.close)
        database.info[HUB] = settings.address
        redis = Redis.from_url(
            settings.redis_url,
            socket_timeout=REDIS_SECONDS,  # longer than a consumer's reading blocks
            socket_connect_timeout=REDIS_SECONDS,
        )
        stack.push_async_callback(redis.aclose)
        hub = await stack.enter_async_context(hub_client(settings))
        signals = Signals(settings.database_url, service.channels)
        if settings.migrations == "inline":
            await migrate(database, service.migrations)
        tables = Tables(database, service.migrations)
        metrics = metrics or CollectorRegistry()
        yield Resources(settings, database, tables, redis, hub, signals, stack, metrics)
