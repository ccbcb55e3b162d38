"""A real hub for the tests across services: `mergehub up` with tiny models."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from running import RunningHub, started_hub
from tiny_models import copy_models


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with tiny models, an adapter, and a task folder."""
    root = tmp_path_factory.mktemp("models")
    copy_models(root)
    return root


@pytest.fixture(scope="session")
async def named_stores(request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings of a hub on the stores that the variables name; none for embedded ones."""
    named = {}
    if "MERGEHUB_TEST_DATABASE_URL" in os.environ:
        database_of = request.getfixturevalue("database_of")
        named["MERGEHUB_DATABASE_URL"] = await database_of("hub")
    if "MERGEHUB_TEST_REDIS_URL" in os.environ:
        named["MERGEHUB_REDIS_URL"] = request.getfixturevalue("redis_url")
    return named


@pytest.fixture(scope="session")
def hub(store_folder: Path, models: Path, named_stores: dict[str, str]) -> Iterator[RunningHub]:
    """The hub that most tests share, with embedded stores or those that the variables name."""
    allowed = {"MERGEHUB_WEBHOOK_ALLOW": '["127.0.0.0/8"]'}
    with started_hub(store_folder / "hub", models, **allowed, **named_stores) as running:
        yield running


@pytest.fixture(scope="session")
def measured_hub(hub: RunningHub) -> RunningHub:
    """The same hub, with its model `base` evaluated on the benchmark `next`."""
    with hub.client() as client:
        run = client.submit({"kind": "evaluate", "model": "base", "benchmarks": ["next"]})
        *_, last = client.follow(run.id)
        assert last.state == "succeeded", last.error
    return hub


@pytest.fixture
async def fresh_database(database_of: Callable[[str], Awaitable[str]]) -> str:
    """The URL of an empty database on the server that the tests use."""
    return await database_of("e2e")
