"""A hub to examine: its stores, its registry and its folders."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import pytest
from applications import make_application
from fastapi import FastAPI
from pydantic import SecretStr

from doctor.asking import OWNER, WORKER, Environment
from mergehub.contracts.services import SERVICES
from mergehub.kit.database.database import Database
from mergehub.kit.database.schema import migrate
from mergehub.kit.settings.service import ServiceSettings


@pytest.fixture(scope="package")
async def deployed(
    database_of: Callable[[str], Awaitable[str]],
    redis_url: str,
    serving: Callable[[FastAPI], AbstractAsyncContextManager[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Environment]:
    """The variables of a hub whose registry runs, with secrets in files."""
    folder = tmp_path_factory.mktemp("deployed")
    (folder / "models" / "base").mkdir(parents=True)
    (folder / "owner").write_text(f"{OWNER}\n")
    settings = ServiceSettings(
        database_url=await database_of("doctor"),
        redis_url=redis_url,
        bootstrap_token=SecretStr(OWNER),
        worker_token=SecretStr(WORKER),
        background="separate",
        rate_reads=0,
        rate_writes=0,
    )
    for service in SERVICES:
        database = Database(settings.database_url, service.name)
        await migrate(database, f"{service.name}.migrations")
        await database.close()
    app = make_application("registry", settings)
    async with app.router.lifespan_context(app), serving(app) as url:
        yield {
            "MERGEHUB_DATABASE_URL": settings.database_url,
            "MERGEHUB_REDIS_URL": settings.redis_url,
            "MERGEHUB_HUB_URL": url,
            "MERGEHUB_BOOTSTRAP_TOKEN_FILE": str(folder / "owner"),
            "MERGEHUB_WORKER_TOKEN": WORKER,
            "MERGEHUB_MODEL_ROOTS": json.dumps([str(folder / "models")]),
            "MERGEHUB_ARTIFACTS": str(folder / "artifacts"),
            "MERGEHUB_SCRATCH": str(folder / "scratch"),
        }


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
