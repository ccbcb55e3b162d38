"""The service over the real stores, and a registry's feed and item scores over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from sqlalchemy import delete

from leaderboard import events
from leaderboard.app import PARTS, create_app
from leaderboard.tables import Base
from mergehub.contracts.events import (
    Envelope,
    EvaluationCompleted,
    EventData,
    EventPage,
    ModelProduced,
)
from mergehub.contracts.kinds.merge import Parent
from mergehub.kit.http.app import Resources, open_resources
from mergehub.kit.settings.service import ServiceSettings


class NoSuchRun(Exception):
    """What the registry answers where it kept no items."""


async def _tell(request: Request, error: Exception) -> JSONResponse:
    problem = {"code": "run-not-found"}
    return JSONResponse(problem, 404, media_type="application/problem+json")


class Registry:
    """The feed and the item scores of a registry; `tell` and `merge` add events to the feed."""

    def __init__(self) -> None:
        self.address = ""
        self.events: list[Envelope] = []
        self.items: dict[str, dict[str, float]] = {}
        self.failing, self.failure = 0, 503
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        self.app = FastAPI()
        self.app.add_exception_handler(NoSuchRun, _tell)
        self.app.get("/v1/events")(self.page)
        self.app.get("/v1/runs/{run}/items")(self.item_scores)

    async def page(self, after: int, limit: int) -> EventPage:
        items = self.events[after : after + limit]
        last = items[-1].sequence if items else after
        return EventPage(items=items, next_after=last, has_more=last < len(self.events))

    async def item_scores(self, run: str, benchmark: str) -> dict[str, Any]:
        if self.meanwhile:
            await self.meanwhile()
        if self.failing:
            self.failing -= 1
            raise HTTPException(self.failure)
        if run not in self.items:
            raise NoSuchRun
        return {"benchmark": benchmark, "items": self.items[run]}

    def merge(self, name: str, *parents: Parent, method: str = "ties") -> Envelope:
        """A merge run produced `name`."""
        produced = ModelProduced(
            run=uuid4(),
            name=name,
            digest=f"sha256:{name}",
            method=method,
            recipe_version=None,
            recipe_digest="sha256:recipe",
            parents=list(parents),
        )
        return self._tell("model.produced", name, produced)

    def score(self, model: str, benchmark: str, scores: str | float, **changes: Any) -> Envelope:
        """An evaluation: `scores` as a text like `1101`, one item each, or as a mean alone."""
        items = (
            {f"item-{n}": float(each) for n, each in enumerate(scores)}
            if isinstance(scores, str)
            else {}
        )
        value = sum(items.values()) / len(items) if items else scores
        told = EvaluationCompleted(
            run=uuid4(),
            model=model,
            model_digest=f"sha256:{model}",
            benchmark=benchmark,
            version="1",
            metric="acc",
            value=value,
            stderr=0.05,
            count=len(items) or 100,
            shots=0,
            harness="lm-eval 0.4",
        ).model_copy(update=changes)
        if items:
            self.items[str(told.run)] = items
        return self._tell("evaluation.completed", model, told)

    def _tell(self, type: str, subject: str, data: EventData) -> Envelope:
        event = Envelope(
            id=uuid4(),
            source="registry",
            sequence=len(self.events) + 1,
            type=type,
            time=datetime.now(UTC),
            subject=subject,
            data=data.model_dump(mode="json"),
        )
        self.events.append(event)
        return event


@pytest.fixture(scope="session")
async def server_url(database_of: Callable[[str], Awaitable[str]]) -> str:
    """A database of our own."""
    return await database_of("leaderboard")


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
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://leaderboard"
        ) as client,
    ):
        yield client


@pytest.fixture(autouse=True)
async def untouched(resources: Resources, registry: Registry) -> AsyncIterator[None]:
    """Leaves the stores and the feed as if the test had not been."""
    yield
    registry.events.clear()
    registry.items.clear()
    registry.failing, registry.failure = 0, 503
    registry.meanwhile = None
    async with resources.database.transaction() as session:
        for table in reversed(Base.metadata.sorted_tables):
            await session.execute(delete(table))
    await resources.redis.flushdb()


@pytest.fixture
def caught_up(resources: Resources) -> Callable[[], Awaitable[None]]:
    """Makes the service take in all that the registry tells."""
    return events.consumer(resources).catch_up
