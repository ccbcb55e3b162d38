"""A real hub for the tests across services: `mergehub up` with tiny models."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import tiny
from running import RunningHub, started_hub


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with tiny models, an adapter, and a task folder."""
    root = tmp_path_factory.mktemp("models")
    tiny.write_all(root)
    return root


@pytest.fixture(scope="session")
def hub(store_folder: Path, models: Path) -> Iterator[RunningHub]:
    """The hub that most tests share, with embedded stores or those of the variables."""
    named = {
        name: os.environ[f"MERGEHUB_TEST_{name.removeprefix('MERGEHUB_')}"]
        for name in ("MERGEHUB_DATABASE_URL", "MERGEHUB_REDIS_URL")
        if f"MERGEHUB_TEST_{name.removeprefix('MERGEHUB_')}" in os.environ
    }
    named["MERGEHUB_WEBHOOK_ALLOW"] = '["127.0.0.0/8"]'
    with started_hub(store_folder / "hub", models, **named) as running:
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
