"""The real stores for every test: embedded ones, or those that two variables name.

`MERGEHUB_TEST_DATABASE_URL` and `MERGEHUB_TEST_REDIS_URL` point the tests at any PostgreSQL and
Redis; whoever runs them there gives them a database that may be written to.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mergehub.hub.postgres import Postgres
from mergehub.hub.valkey import Valkey


@pytest.fixture(scope="session")
def store_folder() -> Iterator[Path]:
    """A short path: a Unix socket's may not be long."""
    with tempfile.TemporaryDirectory(prefix="mh-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres_url(store_folder: Path) -> Iterator[str]:
    """A running PostgreSQL."""
    named = os.environ.get("MERGEHUB_TEST_DATABASE_URL")
    if named:
        yield named
        return
    server = Postgres(store_folder / "pg")
    server.start()
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def redis_url(store_folder: Path) -> Iterator[str]:
    """A running Redis or Valkey."""
    named = os.environ.get("MERGEHUB_TEST_REDIS_URL")
    if named:
        yield named
        return
    server = Valkey(store_folder / "vk")
    server.start()
    yield server.url
    server.stop()
