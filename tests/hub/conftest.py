"""One hub for the tests of this folder: `mergehub up` with tiny models."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from atlas import Lineage
from league import League
from running import RunningHub, started_hub


@pytest.fixture(scope="package")
async def named_stores(request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings of a hub on the stores that the variables name; none for embedded ones."""
    named = {}
    if "MERGEHUB_TEST_DATABASE_URL" in os.environ:
        database_of = request.getfixturevalue("database_of")
        named["MERGEHUB_DATABASE_URL"] = await database_of("hub")
    if "MERGEHUB_TEST_REDIS_URL" in os.environ:
        named["MERGEHUB_REDIS_URL"] = request.getfixturevalue("redis_url")
    return named


@pytest.fixture(scope="package")
def hub(store_folder: Path, models: Path, named_stores: dict[str, str]) -> Iterator[RunningHub]:
    """The hub that most tests share, with embedded stores or those that the variables name."""
    allowed = {"MERGEHUB_WEBHOOK_ALLOW": '["127.0.0.0/8"]'}
    with started_hub(store_folder / "hub", models, **allowed, **named_stores) as running:
        yield running


@pytest.fixture(scope="package")
def measured_hub(hub: RunningHub) -> RunningHub:
    """The same hub, with its model `base` evaluated on the benchmark `next`."""
    with hub.client() as client:
        run = client.submit({"kind": "evaluate", "model": "base", "benchmarks": ["next"]})
        *_, last = client.follow(run.id)
        assert last.state == "succeeded", last.error
    return hub


@pytest.fixture(scope="package")
def lineage(hub: RunningHub) -> Iterator[Lineage]:
    """The hub knows a small lineage."""
    owner = {"Authorization": f"Bearer {hub.token}"}
    with httpx.Client(base_url=hub.url, headers=owner, timeout=30) as http:
        yield Lineage(http)


@pytest.fixture(scope="package")
def ranking_hub(store_folder: Path, models: Path) -> Iterator[RunningHub]:
    """A hub for many results. On the shared one they would decide which columns `overall` has."""
    with started_hub(store_folder / "ranking", models) as running:
        yield running


@pytest.fixture(scope="package")
def league(ranking_hub: RunningHub) -> Iterator[League]:
    """That hub ranks some models."""
    owner = {"Authorization": f"Bearer {ranking_hub.token}"}
    with httpx.Client(base_url=ranking_hub.url, headers=owner, timeout=30) as http:
        yield League(http)
