"""The leaderboard with real stores; a registry's feed and item scores, and lineage's, over HTTP."""

# ruff: noqa: F401, F811 - pytest finds fixtures by the names that are imported

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import uuid4

import pytest
from fake_registry import FakeRegistry
from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse
from following_hub import FakeLineage
from reading_service import (
    ReadingService,
    client,
    registry,
    resources,
    server_url,
    settings,
    untouched,
)

from leaderboard import events
from leaderboard.app import create_app
from leaderboard.background import BACKGROUND
from leaderboard.memory.serving import replica_of
from leaderboard.models.following import LineageFollower
from leaderboard.tables import Base
from mergehub.contracts.events import Envelope, EvaluationCompleted
from mergehub.kit.background.resources import Resources
from mergehub.kit.settings.service import ServiceSettings


class NoSuchRun(Exception):
    """The registry's answer for a run without item scores."""


async def _tell(request: Request, error: Exception) -> JSONResponse:
    problem = {"code": "run-not-found"}
    return JSONResponse(problem, 404, media_type="application/problem+json")


class ScoringRegistry(FakeRegistry):
    """A registry that also keeps item scores; it refuses the first `failing` requests for them."""

    def __init__(self) -> None:
        super().__init__()
        self.app.add_exception_handler(NoSuchRun, _tell)
        self.app.get("/v1/runs/{run}/items")(self.item_scores)
        self.app.get("/v1/runs/items")(self.items_of_runs)
        self.app.get("/v1/accounts/me")(self.me)
        self.lineage = FakeLineage()
        self.app.include_router(self.lineage.router)
        self.items: dict[str, dict[str, float]] = {}
        self.clear()

    def clear(self) -> None:
        super().clear()
        self.items.clear()
        self.lineage.clear()
        self.together: list[int] = []
        self.failing, self.failure = 0, 503
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def me(self) -> dict[str, Any]:
        """The account of every token: ann writes in one organisation and reads in another."""
        roles = {"writers": "writer", "readers": "reader"}
        return {"organisations": [{"organisation": o, "role": r} for o, r in roles.items()]}

    async def items_of_runs(self, of: Annotated[list[str], Query()]) -> dict[str, Any]:
        await self._about_to_answer()
        self.together.append(len(of))
        pairs = [each.split(":", 1) for each in of]
        found = [(*pair, self.items.get(" ".join(pair), self.items.get(pair[0]))) for pair in pairs]
        told = [{"run": run, "benchmark": name, "items": has} for run, name, has in found if has]
        return {"items": told}

    async def _about_to_answer(self) -> None:
        if self.meanwhile:
            await self.meanwhile()
        if self.failing:
            self.failing -= 1
            raise HTTPException(self.failure)

    async def item_scores(self, run: str, benchmark: str) -> dict[str, Any]:
        await self._about_to_answer()
        found = self.items.get(f"{run} {benchmark}", self.items.get(run))
        if found is None:
            raise NoSuchRun
        return {"benchmark": benchmark, "items": found}

    def score(self, model: str, benchmark: str, scores: str | float, **changes: Any) -> Envelope:
        """An evaluation: `scores` is a text like `1101` with one digit per item, or only a mean."""
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
        return self.add("evaluation.completed", model, told)


@pytest.fixture(scope="session")
def apps() -> list[FastAPI]:
    """The apps that tests have made; each has the facts in memory."""
    return []


@pytest.fixture(scope="session")
def service(apps: list[FastAPI]) -> ReadingService:
    def create(settings: ServiceSettings) -> FastAPI:
        apps.append(create_app(settings))
        return apps[-1]

    def emptied() -> None:
        """Load the facts anew: no log says that rows are gone."""
        for app in apps:
            replica_of(app).forget()

    async def caught_up() -> None:
        """Requests of tests find all that was committed before them."""
        await replica_of(apps[-1]).current()

    return ReadingService(BACKGROUND, create, Base.metadata, emptied, caught_up)


@pytest.fixture(scope="session")
def fake() -> ScoringRegistry:
    return ScoringRegistry()


@pytest.fixture(scope="session")
def follower(resources: Resources) -> LineageFollower:
    """What follows lineage's feed."""
    return LineageFollower(resources)


@pytest.fixture
def caught_up(resources: Resources) -> Callable[[], Awaitable[None]]:
    """Make the service apply all events of the registry."""
    return events.consumer(resources).catch_up
