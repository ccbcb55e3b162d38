"""Lineage with real stores, and a registry's event feed over real HTTP."""

# ruff: noqa: F401, F811 - pytest finds fixtures by the names that are imported

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from fake_registry import FakeRegistry
from reading_service import (
    ReadingService,
    client,
    registry,
    resources,
    server_url,
    settings,
    untouched,
)

from lineage.app import create_app
from lineage.background import BACKGROUND
from lineage.tables import Base
from mergehub.kit.settings.service import ServiceSettings


@pytest.fixture(scope="session")
def service() -> ReadingService:
    return ReadingService(BACKGROUND, create_app, Base.metadata)


@pytest.fixture(scope="session")
def fake() -> FakeRegistry:
    return FakeRegistry()


@pytest.fixture
def command(settings: ServiceSettings) -> Callable[..., Awaitable[tuple[int, str, str]]]:
    """Run `python -m lineage` with arguments; return its exit status and its output."""

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
    """Get the ancestors of a model by its name."""

    async def ask(name: str, **query: Any) -> dict[str, Any]:
        found = await client.get("/v1/models", params={"name": name})
        [model] = found.json()["items"]
        answer = await client.get(f"/v1/models/{model['id']}/ancestors", params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    return ask
