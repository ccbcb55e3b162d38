"""Tiny models and empty databases for the tests across services."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from browsing import SHARED
from tiny_models import copy_models


@pytest.fixture(scope="session", autouse=True)
async def no_browser_stays() -> AsyncIterator[None]:
    """The browser that tests share ends with them."""
    yield
    await SHARED.end()


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with tiny models, an adapter, and a task folder."""
    root = tmp_path_factory.mktemp("models")
    copy_models(root)
    return root


@pytest.fixture
async def fresh_database(database_of: Callable[[str], Awaitable[str]]) -> str:
    """The URL of an empty database on the server that the tests use."""
    return await database_of("e2e")
