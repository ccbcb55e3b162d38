"""The three services as one ASGI application under one origin. No path is rewritten."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.types import Receive, Scope, Send

from mergehub.contracts.services import SERVICES, service_for
from mergehub.hub.metrics import joined
from mergehub.hub.stores import stores_answer
from mergehub.kit.background.process import start_traces
from mergehub.kit.docs import docs_routes
from mergehub.kit.docs.documents import made
from mergehub.kit.http.api import Api
from mergehub.kit.http.stack import add_middleware
from mergehub.kit.middleware.hosts import own_names
from mergehub.kit.pages import page_routes
from mergehub.kit.problems.problem import NotFound
from mergehub.kit.settings.environment import read_settings
from mergehub.kit.settings.service import ServiceSettings

Services = Mapping[str, FastAPI]

REGISTRY = "registry"  # its authenticator also serves the rate limits of the hub's own pages


class Origin:
    """Passes each request to the service that owns its path, or to the hub's own pages."""

    def __init__(self, services: Services, settings: ServiceSettings) -> None:
        self._services = services
        self._own = Api(
            lifespan=self._lifespan,
            openapi_url=None,
            cors_origins=settings.cors_origins,
            cors_public=False,
            hosts=own_names(settings),
        )
        metrics = CollectorRegistry()
        add_middleware(self._own, settings, metrics, {})
        self._own.include_router(_pages(services))
        self._own.include_router(_operations(services, metrics))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        owner = service_for(scope["path"]) if scope["type"] == "http" else None
        app = self._services[owner.name] if owner else self._own
        await app(scope, receive, send)

    @asynccontextmanager
    async def _lifespan(self, own: FastAPI) -> AsyncIterator[None]:
        await stores_answer()
        async with AsyncExitStack() as stack:
            for service in self._services.values():
                await stack.enter_async_context(service.router.lifespan_context(service))
            registry = self._services[REGISTRY].state
            own.state.resources = registry.resources
            own.state.authenticator = registry.authenticator
            yield


def create_app(settings: ServiceSettings | None = None) -> Origin:
    """The ASGI factory, which makes each service of the table by its own factory.

    Without `settings`, it reads the `MERGEHUB_…` variables.
    """
    settings = settings or read_settings(ServiceSettings)
    start_traces("hub")  # before a service gives this process its name
    services = {}
    for service in SERVICES:
        module, _, function = service.factory.partition(":")
        services[service.name] = getattr(importlib.import_module(module), function)(settings)
    return Origin(services, settings)


def _pages(services: Services) -> APIRouter:
    router = docs_routes({name: service.openapi for name, service in services.items()})
    router.include_router(page_routes())

    @router.get("/{service}/openapi.json")
    async def openapi(service: str) -> JSONResponse:
        if service not in services:
            raise NotFound(f"There is no service `{service}`, only {', '.join(services)}.")
        return JSONResponse(await made(services[service].openapi))

    return router


def _operations(services: Services, own: CollectorRegistry) -> APIRouter:
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive", "service": "hub"}

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        answers = await _ask_all(services, "/readyz")
        ready = all(answer.status_code == 200 for answer in answers.values())
        body = {
            "status": "ready" if ready else "not ready",
            "services": {name: answer.json() for name, answer in answers.items()},
        }
        return JSONResponse(body, 200 if ready else 503)

    @router.get("/metrics")
    async def metrics() -> Response:
        answers = await _ask_all(services, "/metrics")
        texts = {name: answer.text for name, answer in answers.items()}
        texts["hub"] = generate_latest(own).decode()
        return Response(joined(texts), media_type=CONTENT_TYPE_LATEST)

    return router


async def _ask_all(services: Services, path: str) -> dict[str, httpx.Response]:
    answers = await asyncio.gather(*(_ask(app, path) for app in services.values()))
    return dict(zip(services, answers, strict=True))


async def _ask(app: FastAPI, path: str) -> httpx.Response:
    """Send a GET request to a service inside this process."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        return await client.get(path)
