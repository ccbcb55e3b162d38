"""The application factory: what all services have in common. Each service adds only its nouns."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import httpx
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from redis.asyncio import Redis
from redis.exceptions import ResponseError
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub import __version__
from mergehub.kit.database.database import Database
from mergehub.kit.database.migrations import is_current, migrate
from mergehub.kit.database.notify import Signals
from mergehub.kit.docs import docs_routes
from mergehub.kit.http.api import Api
from mergehub.kit.http.parameters import known_parameters
from mergehub.kit.http.stack import add_middleware
from mergehub.kit.identity.auth import authenticated
from mergehub.kit.identity.browsers import Sessions
from mergehub.kit.middleware.hosts import own_names
from mergehub.kit.middleware.requests import PROBES
from mergehub.kit.openapi.answers import share_errors
from mergehub.kit.openapi.document import amend
from mergehub.kit.openapi.links import Link, describe_links
from mergehub.kit.problems.problem import (
    Invalid,
    Problem,
    Unauthenticated,
    problem_responses,
)
from mergehub.kit.settings.service import ServiceSettings
from mergehub.kit.telemetry.logs import configure_logging
from mergehub.kit.telemetry.loops import Loop, Loops, running
from mergehub.kit.telemetry.metrics import LoopMetrics, Reading, exposition, telling
from mergehub.tls import tls

READY_SECONDS = 2.0
REDIS_SECONDS = 5.0
HUB_SECONDS = 4.0


class NotReady(Problem):
    """The service cannot work yet: a store does not answer, or its database is being migrated."""

    status, code, title = 503, "not-ready", "The service is not ready"
    remedy = "Wait and try again. If it lasts, check the part that the detail names."


@dataclass(frozen=True)
class Resources:
    """The connections of one running service; `closing` ends what uses them.

    `metrics` are those of this process.
    """

    settings: ServiceSettings
    database: Database
    redis: Redis
    hub: httpx.AsyncClient
    signals: Signals
    closing: AsyncExitStack
    metrics: CollectorRegistry


async def _no_readings(session: AsyncSession) -> Sequence[Reading]:
    return ()


@dataclass(frozen=True)
class ServiceParts:
    """The parts in which one service differs from the others.

    - `migrations`: the package of its Alembic history.
    - `loops`: its background work.
    - `largest_bodies`: path endings that accept larger bodies than others, in bytes.
    - `readings`: what `/metrics` reads from the tables.
    - `links`: the links between operations in the OpenAPI document.
    - `doors`: those of `routers` that need no token even if reading needs one.
    - `start`: runs once after the migration, before the first request.
    """

    name: str
    title: str
    routers: Sequence[APIRouter]
    migrations: str
    channels: tuple[str, ...] = ()
    links: Sequence[Link] = ()
    largest_bodies: Mapping[str, int] = field(default_factory=dict)
    loops: Callable[[Resources], Mapping[str, Loop]] = lambda resources: {}
    start: Callable[[FastAPI, Resources], Awaitable[None]] | None = None
    readings: Callable[[AsyncSession], Awaitable[Sequence[Reading]]] = _no_readings
    doors: Sequence[APIRouter] = ()


@asynccontextmanager
async def open_resources(
    parts: ServiceParts, settings: ServiceSettings, metrics: CollectorRegistry | None = None
) -> AsyncIterator[Resources]:
    """Connect, bring the database up to date, and close everything at the end."""
    async with AsyncExitStack() as stack:
        database = Database(settings.database_url, parts.name, settings.database_pool)
        stack.push_async_callback(database.close)
        redis = Redis.from_url(
            settings.redis_url,
            socket_timeout=REDIS_SECONDS,  # longer than a consumer's reading blocks
            socket_connect_timeout=REDIS_SECONDS,
        )
        stack.push_async_callback(redis.aclose)
        hub = await stack.enter_async_context(_hub_client(settings))
        signals = Signals(settings.database_url, parts.channels)
        await migrate(database, parts.migrations)
        metrics = metrics or CollectorRegistry()
        yield Resources(settings, database, redis, hub, signals, stack, metrics)


def _hub_client(settings: ServiceSettings) -> httpx.AsyncClient:
    """The HTTP client with which this service calls the others."""
    token = settings.service_token
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
    url = settings.hub_url
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=HUB_SECONDS, verify=tls(url))


def all_loops(parts: ServiceParts, resources: Resources) -> dict[str, Loop]:
    """The loops of a background process: the service's own."""
    return {f"{parts.name}.{name}": loop for name, loop in parts.loops(resources).items()}


async def run_background(parts: ServiceParts, settings: ServiceSettings) -> None:
    """Run a service's background process (`background=separate`) until a signal ends it."""
    configure_logging(settings.log_level)
    stopped = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):  # The first process of a container ignores both.
        asyncio.get_running_loop().add_signal_handler(each, stopped.set)
    async with open_resources(parts, settings) as resources:
        loops = all_loops(parts, resources) | {f"{parts.name}.signals": resources.signals.run}
        async with _watched(loops, resources):
            with telling(resources.metrics, settings.metrics_port):
                await stopped.wait()


@asynccontextmanager
async def _watched(loops: Mapping[str, Loop], resources: Resources) -> AsyncIterator[Loops]:
    """Run `loops` while the block lasts, and report in the metrics how late they are."""
    async with running(loops) as watched:
        metrics = LoopMetrics(watched)
        resources.metrics.register(metrics)
        try:
            yield watched
        finally:
            resources.metrics.unregister(metrics)


def _operation_id(route: APIRoute) -> str:
    """Stable names for generated clients: the endpoint's own name."""
    return route.name


def build_app(parts: ServiceParts, settings: ServiceSettings) -> FastAPI:
    """The service as an ASGI application."""
    configure_logging(settings.log_level)
    metrics = CollectorRegistry()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_resources(parts, settings, metrics) as resources:
            app.state.resources = resources
            app.state.database = resources.database
            if parts.start is not None:
                await parts.start(app, resources)
            loops: dict[str, Loop] = {f"{parts.name}.signals": resources.signals.run}
            if settings.background == "inline":
                loops |= all_loops(parts, resources)
            async with _watched(loops, resources) as app.state.loops:
                yield

    app = Api(
        cors_origins=settings.cors_origins,
        cors_public=settings.cors_public,
        hosts=own_names(settings),
        free_paths=PROBES,  # a probe of a container calls it by its address
        title=parts.title,
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
        responses=problem_responses(Invalid),
    )
    if settings.public_url is not None:
        app.state.sessions = Sessions(settings.public_url, frozenset(settings.cors_origins))
    add_middleware(app, settings, metrics, parts.largest_bodies, parts.routers)
    amend(app, describe_links(parts.links))
    amend(app, share_errors)
    known = Depends(known_parameters(parts.routers))
    for router in parts.routers:
        if settings.require_token and router not in parts.doors:
            told = problem_responses(Unauthenticated)
            needed = [Depends(authenticated), known]
            app.include_router(router, dependencies=needed, responses=told)
        else:
            app.include_router(router, dependencies=[known])
    app.include_router(_operations(parts, metrics))
    app.include_router(docs_routes({parts.name: app.openapi}))
    return app


def _operations(parts: ServiceParts, metrics: CollectorRegistry) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive", "service": parts.name}

    @router.get("/readyz")
    async def readyz(request: Request) -> dict[str, str]:
        await _check_ready(request.app.state.resources, parts)
        if faults := request.app.state.loops.faults():
            raise NotReady(" ".join(faults))
        return {"status": "ready", "service": parts.name}

    @router.get("/metrics")
    async def metrics_text(request: Request) -> Response:
        async def read() -> Sequence[Reading]:
            async with request.app.state.database.transaction() as session:
                return await parts.readings(session)

        text = generate_latest(metrics) + await exposition(read)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return router


async def _check_ready(resources: Resources, parts: ServiceParts) -> None:
    """Raises NotReady if a store does not answer, or the database lacks a migration."""
    checks: dict[str, Callable[[], Awaitable[object]]] = {
        "database": resources.database.ping,
        "redis": resources.redis.ping,
        "migrations": lambda: _check_current(resources.database, parts.migrations),
    }
    for name, check in checks.items():
        try:
            async with asyncio.timeout(READY_SECONDS):
                await check()
        except NotReady:
            raise
        except ResponseError as error:  # it runs and says what is wrong, such as a full disk
            raise NotReady(f"{name} answers with an error: {error}.") from error
        except Exception as error:
            raise NotReady(f"{name} does not answer: {type(error).__name__}.") from error


async def _check_current(database: Database, migrations: str) -> None:
    if not await is_current(database, migrations):
        raise NotReady("The database is not at this version's newest migration.")
