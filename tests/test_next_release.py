"""This release works on the tables of the next one: as they are made, and after the way back.

The next release is this one with more migrations for each service, which do what the rules for
migrations allow.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from applications import make_application
from fastapi import FastAPI
from fuzz.planted import BENCHMARK, EVALUATED, MERGED
from next_release import ADDED, next_release, step_back
from pydantic import SecretStr
from redis.asyncio import Redis

from mergehub.contracts.examples import RECIPE
from mergehub.contracts.services import SERVICES
from mergehub.kit.database.database import Database
from mergehub.kit.database.schema import migrate, newest, revision
from mergehub.kit.settings.service import ServiceSettings
from tools.migration_lint import Migration, findings

OWNER, WORKER = "mgh_owner-of-both-releases", "mgh_worker-of-both-releases"
TABLES = {  # of each service a busy one, a column of it, and the type of its ids
    "registry": ("runs", "model_name", "uuid"),
    "lineage": ("models", "name", "uuid"),
    "leaderboard": ("facts", "origin_id", "bigint"),
}
MIGRATIONS = (
    """\
def upgrade():
    op.execute("ALTER TABLE {table} ADD COLUMN noted text")
    op.execute("ALTER TABLE {table} ADD COLUMN counted bigint DEFAULT 7 NOT NULL")
    op.execute("CREATE TABLE fresh (id bigint PRIMARY KEY, of {type} REFERENCES {table} (id))")
    op.execute("ALTER TABLE {table} ADD CONSTRAINT noted_is_text CHECK (noted <> '') NOT VALID")


def downgrade():
    op.execute("DROP TABLE fresh")
    op.execute("ALTER TABLE {table} DROP COLUMN noted, DROP COLUMN counted")
""",
    """\
def upgrade():
    with without_lock():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_next")
        op.execute("CREATE INDEX CONCURRENTLY ix_next ON {table} (noted, {column})")


def downgrade():
    op.execute("DROP INDEX ix_next")
""",
    """\
def upgrade():
    op.execute("ALTER TABLE {table} VALIDATE CONSTRAINT noted_is_text")


def downgrade():
    pass
""",
)


@dataclass(frozen=True)
class Release:
    """The services of this release, as they run."""

    registry: httpx.AsyncClient
    lineage: httpx.AsyncClient
    leaderboard: httpx.AsyncClient
    until: Callable[..., Awaitable[None]]

    async def works(self, name: str) -> None:
        """Write through every service's tables, and read what was written."""
        made = await self._post("/v1/recipes", {"name": name, "recipe": RECIPE})
        answer = await self.registry.get(f"/v1/recipes/{made['id']}")
        assert answer.json()["name"] == name
        merge = {"kind": "merge", "recipe": RECIPE, "model_name": f"local/{name}"}
        run = await self._finished(merge, MERGED)
        model = f"run:{run}"
        evaluate = {"kind": "evaluate", "model": model, "benchmarks": [BENCHMARK]}
        await self._finished(evaluate, EVALUATED | {"model": model})
        for service, path, asked in (
            (self.lineage, "/v1/models", {"name": f"local/{name}"}),
            (self.leaderboard, "/v1/results", {"model": f"local/{name}"}),
        ):
            await self.until(_lists(service, path, asked))
        for service in (self.registry, self.lineage, self.leaderboard):
            ready = await service.get("/readyz")
            assert ready.status_code == 200, ready.text

    async def _finished(self, wanted: dict[str, Any], result: dict[str, Any]) -> str:
        run = (await self._post("/v1/runs", wanted))["id"]
        claim = await self._post(f"/v1/runs/{run}/claim", {"worker": "w"}, WORKER)
        report = {"fence": claim["fence"], "outcome": "succeeded", "result": result}
        await self._post(f"/v1/runs/{run}/report", report, WORKER)
        assert (await self.registry.get(f"/v1/runs/{run}")).json()["state"] == "succeeded"
        return str(run)

    async def _post(self, path: str, body: dict[str, Any], token: str = OWNER) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await self.registry.post(path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return dict(answer.json()) if answer.content else {}


def _lists(
    service: httpx.AsyncClient, path: str, asked: dict[str, str]
) -> Callable[[], Awaitable[bool]]:
    async def lists() -> bool:
        answer = await service.get(path, params=asked)
        assert answer.status_code == 200, answer.text
        return bool(answer.json()["items"])

    return lists


@pytest.fixture
async def release(
    fresh_database: str,
    redis_url: str,
    serving: Callable[[FastAPI], AbstractAsyncContextManager[str]],
    databases: dict[str, Database],
    until: Callable[..., Awaitable[None]],
) -> AsyncIterator[Release]:
    settings = ServiceSettings(
        database_url=fresh_database,
        redis_url=f"{redis_url.split('?')[0]}?db=11",
        migrations="separate",
        bootstrap_token=SecretStr(OWNER),
        worker_token=SecretStr(WORKER),
        rate_reads=0,
        rate_writes=0,
        request_seconds=60,
    )
    for name, database in databases.items():
        await migrate(database, f"{name}.migrations")
    clients = {}
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(Redis.from_url(settings.redis_url))
        stack.push_async_callback(redis.flushdb)
        for service in SERVICES:
            app = make_application(service.name, settings)
            await stack.enter_async_context(app.router.lifespan_context(app))
            url = await stack.enter_async_context(serving(app))
            settings = settings.model_copy(update={"hub_url": url}) if not clients else settings
            client = httpx.AsyncClient(base_url=url, timeout=60)
            clients[service.name] = await stack.enter_async_context(client)
        yield Release(**clients, until=until)


@pytest.fixture
async def databases(fresh_database: str) -> AsyncIterator[dict[str, Database]]:
    databases = {service.name: Database(fresh_database, service.name) for service in SERVICES}
    yield databases
    for database in databases.values():
        await database.close()


def assert_the_rules_are_kept(folder: Path) -> None:
    files = [Migration(file.parents[2].name, file) for file in folder.rglob(f"{ADDED}*.py")]
    assert len(files) == len(TABLES) * len(MIGRATIONS)
    assert findings(files) == []


async def test_this_release_works_on_the_tables_of_the_next_one_and_back(
    release: Release, databases: dict[str, Database], tmp_path: Path
) -> None:
    later = {}
    for name, (table, column, kind) in TABLES.items():
        bodies = [body.format(table=table, column=column, type=kind) for body in MIGRATIONS]
        later[name] = next_release(tmp_path / name, name, *bodies)
    assert_the_rules_are_kept(tmp_path)

    await release.works("before")
    for name, database in databases.items():
        await migrate(database, later[name])
        assert await revision(database) == ADDED
    await release.works("after")
    for name, database in databases.items():
        await step_back(database, later[name], newest(f"{name}.migrations"))
        assert await revision(database) == newest(f"{name}.migrations")
    await release.works("back")
