"""Lineage with real stores, and a registry's event feed over real HTTP."""

# ruff: noqa: F401, F811 - pytest finds fixtures by the names that are imported

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from forked import forked
from reading_service import (
    ReadingService,
    client,
    registry,
    resources,
    server_url,
    settings,
    untouched,
)
from scoring_hub import ScoringHub

from lineage.app import create_app
from lineage.background import BACKGROUND
from lineage.replica.serving import replica_of
from lineage.tables import Base
from mergehub.kit.settings.service import ServiceSettings


@pytest.fixture(scope="session")
def apps() -> list[FastAPI]:
    """The apps that tests have made; each has a replica of the graph."""
    return []


@pytest.fixture(scope="session")
def service(apps: list[FastAPI]) -> ReadingService:
    def create(settings: ServiceSettings) -> FastAPI:
        apps.append(create_app(settings))
        return apps[-1]

    def emptied() -> None:
        """Load the graph anew: no log says that rows are gone, as the service deletes none."""
        for app in apps:
            replica_of(app).forget()

    async def caught_up() -> None:
        """Requests of tests find all that was committed before them."""
        await replica_of(apps[-1]).current()

    return ReadingService(BACKGROUND, create, Base.metadata, emptied, caught_up)


@pytest.fixture(scope="session")
def fake() -> ScoringHub:
    return ScoringHub()


@pytest.fixture
def command(
    settings: ServiceSettings, tmp_path: Path
) -> Callable[..., Awaitable[tuple[int, str, str]]]:
    """Run `python -m lineage` with arguments; return its exit status and its output."""

    async def run(*words: str, hub_url: str = settings.hub_url) -> tuple[int, str, str]:
        named = settings.model_copy(update={"hub_url": hub_url})
        environment = {
            f"MERGEHUB_{name.upper()}": str(getattr(named, name))
            for name in ("database_url", "redis_url", "hub_url")
        }
        folder = Path(mkdtemp(dir=tmp_path))
        out, err = folder / "out", folder / "err"
        process = forked("lineage", os.environ | environment, *words, out=out, err=err)
        return await process.wait(), out.read_text(), err.read_text()

    return run


@pytest.fixture
def ancestry(client: httpx.AsyncClient) -> Callable[[str], Awaitable[dict[str, Any]]]:
    """Get the ancestors of a model by its name."""

    async def ask(name: str, **query: Any) -> dict[str, Any]:
        found = await client.get("/v1/models", params={"name": name})
        [model] = found.json()["items"]
        answer = await client.get(f"/v1/models/{model['id']}/ancestors", params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    return ask
