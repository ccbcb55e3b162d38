"""The application factory: what all services have in common. Each service adds only its nouns."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from redis.exceptions import ResponseError
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub import __version__
from mergehub.kit.background.process import loops_of, start_traces, watched_loops
from mergehub.kit.background.resources import Background, Resources, open_resources
from mergehub.kit.database.storage import DiskMetrics
from mergehub.kit.database.tables import Tables
from mergehub.kit.docs import docs_routes
from mergehub.kit.http.api import Api
from mergehub.kit.http.parameters import known_parameters
from mergehub.kit.http.routes import Router, include
from mergehub.kit.http.stack import add_middleware
from mergehub.kit.identity.auth import authenticated
from mergehub.kit.identity.browsers import Sessions
from mergehub.kit.middleware.bodies import PROBES
from mergehub.kit.middleware.hosts import own_names
from mergehub.kit.openapi.answers import share_errors
from mergehub.kit.openapi.document import amend
from mergehub.kit.openapi.links import Link, describe_links
from mergehub.kit.pages import page_routes
from mergehub.kit.problems.exhausted import NotReady
from mergehub.kit.problems.problem import (
    Invalid,
    Unauthenticated,
    Unavailable,
    problem_responses,
)
from mergehub.kit.settings.names import warn_of_misspelt
from mergehub.kit.settings.service import ServiceSettings
from mergehub.kit.telemetry.logs import configure_logging
from mergehub.kit.telemetry.loops import Loop
from mergehub.kit.telemetry.metrics import Reading, exposition
from mergehub.kit.telemetry.traces import end_tracing

READY_SECONDS = 2.0
TURN_SECONDS = 0.0005
"""How long a thread that computes may keep the interpreter while a request waits for it.

A request that asks in a thread waits three times, and Python's default would make it 15 ms.
"""


async def _no_preparation(resources: Resources) -> None:
    return None


def _no_loops(app: FastAPI, resources: Resources) -> Mapping[str, Loop]:
    return {}


async def _no_fault(app: FastAPI) -> str | None:
    return None


async def _no_readings(session: AsyncSession) -> Sequence[Reading]:
    return ()


@dataclass(frozen=True)
class ServiceParts:
    """The parts in which one service differs from the others.

    - `background`: its name, its tables and the work that it does without requests.
    - `largest_bodies`: path endings that accept larger bodies than others, in bytes.
    - `readings`: what `/metrics` reads from the tables.
    - `links`: the links between operations in the OpenAPI document.
    - `doors`: those of `routers` that need no token even if reading needs one.
    - `start`: runs once before the first request; the tables need not be there yet.
    - `loops`: what each process that answers requests does besides, wherever the background runs.
    - `prepare`: runs once when the tables are there, before the first request that needs them.
    - `unready`: why requests cannot be answered yet, as a sentence; None if they can.
    """

    background: Background
    title: str
    routers: Sequence[Router]
    links: Sequence[Link] = ()
    largest_bodies: Mapping[str, int] = field(default_factory=dict)
    start: Callable[[FastAPI, Resources], Awaitable[None]] | None = None
    loops: Callable[[FastAPI, Resources], Mapping[str, Loop]] = _no_loops
    prepare: Callable[[Resources], Awaitable[None]] = _no_preparation
    readings: Callable[[AsyncSession], Awaitable[Sequence[Reading]]] = _no_readings
    doors: Sequence[Router] = ()
    unready: Callable[[FastAPI], Awaitable[str | None]] = _no_fault


def _operation_id(route: APIRoute) -> str:
    """Stable names for generated clients: the endpoint's own name."""
    return route.name


def build_app(parts: ServiceParts, settings: ServiceSettings) -> FastAPI:
    """The service as an ASGI application."""
    configure_logging(settings.log_level)
    warn_of_misspelt()
    start_traces(parts.background.name)
    sys.setswitchinterval(TURN_SECONDS)
    metrics = CollectorRegistry()
    if settings.data is not None:
        metrics.register(DiskMetrics(settings.data))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_resources(parts.background, settings, metrics) as resources:
            app.state.resources = resources
            app.state.database = resources.database
            if parts.start is not None:
                await parts.start(app, resources)
            resources.tables.prepare = lambda: parts.prepare(resources)
            with suppress(Unavailable):  # `/readyz` says so, and the loops look again
                await resources.tables.look()
            inline, more = settings.background == "inline", parts.loops(app, resources)
            loops = loops_of(parts.background, resources, inline, more)
            async with watched_loops(loops, resources) as app.state.loops:
                yield
        await asyncio.to_thread(end_tracing)

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
    known = Depends(known_parameters)
    for router in parts.routers:
        if settings.require_token and router not in parts.doors:
            needed = [Depends(authenticated), known]
            include(app, router, needed, problem_responses(Unauthenticated))
        else:
            include(app, router, [known], {})
    app.include_router(_operations(parts, metrics))
    app.include_router(docs_routes({parts.background.name: app.openapi}))
    app.include_router(page_routes())
    return app


def _operations(parts: ServiceParts, metrics: CollectorRegistry) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive", "service": parts.background.name}

    @router.get("/readyz")
    async def readyz(request: Request) -> dict[str, str]:
        await _check_ready(request.app.state.resources)
        if faults := request.app.state.loops.faults():
            raise NotReady(" ".join(faults))
        if fault := await parts.unready(request.app):
            raise NotReady(fault)
        return {"status": "ready", "service": parts.background.name}

    @router.get("/metrics")
    async def metrics_text(request: Request) -> Response:
        async def read() -> Sequence[Reading]:
            async with request.app.state.database.transaction() as session:
                return await parts.readings(session)

        text = generate_latest(metrics) + await exposition(read)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return router


async def _check_ready(resources: Resources) -> None:
    """Raises NotReady if a store does not answer, or the database lacks a migration."""
    checks: dict[str, Callable[[], Awaitable[object]]] = {
        "database": resources.database.ping,
        "redis": resources.redis.ping,
        "migrations": lambda: _check_tables(resources.tables),
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


async def _check_tables(tables: Tables) -> None:
    if lacks := await tables.look():
        raise NotReady(lacks)
