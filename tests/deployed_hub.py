"""A hub as it is deployed, for the tests of its backup: its tables, its models, what is in them."""

from __future__ import annotations

import base64
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from applications import make_application
from pydantic import SecretStr
from seaweed import KEY, SECRET
from stored_models import made

from mergehub.artifacts import ArtifactStore, S3Place, open_store
from mergehub.hub.backup.deployed import BackupSettings
from mergehub.kit.settings.service import ServiceSettings

OWNER, WORKER = "mgh_owner-of-a-deployed-hub", "mgh_worker-of-a-deployed-hub"
RECIPE = "merge_method: linear\nmodels: [{model: a}, {model: b}]\nparameters: {weight: 1}\n"
RESULT = {
    "kind": "merge", "output_digest": "sha256:out", "lock_digest": "sha256:lock",
    "engine_version": "1", "method": "linear", "tensors": 1, "bytes": 1, "seconds": 1.0,
    "parents": [],
}  # fmt: skip
SCHEMAS = ["registry", "lineage", "leaderboard"]


@dataclass(frozen=True)
class Hub:
    """A hub's database, and the runs that have made models."""

    database_url: str
    runs: list[UUID]


async def written_hub(database_url: str, redis_url: str) -> Hub:
    """Services that have written something of everything."""
    settings = ServiceSettings(
        database_url=database_url,
        redis_url=redis_url,
        background="separate",
        bootstrap_token=SecretStr(OWNER),
        worker_token=SecretStr(WORKER),
        secrets_keys=[SecretStr(base64.b64encode(bytes(32)).decode())],
        webhook_allow=["127.0.0.0/8"],
        rate_reads=0,
        rate_writes=0,
        log_level="error",
    )
    async with AsyncExitStack() as stack:
        apps = {name: make_application(name, settings) for name in SCHEMAS}
        for app in apps.values():
            await stack.enter_async_context(app.router.lifespan_context(app))
        transport = httpx.ASGITransport(apps["registry"])
        registry = await stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://registry")
        )
        await sent(registry, "/v1/recipes", {"name": "soup", "recipe": RECIPE})
        await sent(registry, "/v1/tokens", {"name": "ci", "scopes": ["runs:submit"]})
        await sent(
            registry, "/v1/webhooks", {"url": "http://127.0.0.1:9/", "types": ["run.succeeded"]}
        )
        runs = [await merged(registry, f"local/m{number}") for number in range(3)]
        await sent(registry, "/v1/runs", {"kind": "merge", "recipe": RECIPE, "model_name": "m/w"})
    connection = await asyncpg.connect(settings.database_url)
    base = await connection.fetchval("INSERT INTO lineage.models (name) VALUES ('a') RETURNING id")
    names = "INSERT INTO lineage.model_names (model_id, name) VALUES ($1, 'a'), ($1, 'ä')"
    await connection.execute(names, base)
    await connection.close()
    return Hub(settings.database_url, runs)


async def sent(client: httpx.AsyncClient, path: str, body: Any, token: str = OWNER) -> Any:
    answer = await client.post(path, json=body, headers={"Authorization": f"Bearer {token}"})
    assert answer.is_success, answer.text
    return answer.json()


async def merged(registry: httpx.AsyncClient, name: str) -> UUID:
    """A run that a worker has reported as succeeded."""
    wanted = {"kind": "merge", "recipe": RECIPE, "model_name": name}
    run = (await sent(registry, "/v1/runs", wanted))["id"]
    claim = await sent(registry, f"/v1/runs/{run}/claim", {"worker": "w"}, WORKER)
    report = {"fence": claim["fence"], "outcome": "succeeded", "result": RESULT}
    await sent(registry, f"/v1/runs/{run}/report", report, WORKER)
    return UUID(run)


def settings_of(database_url: str, at: Path | S3Place) -> BackupSettings:
    if isinstance(at, Path):
        return BackupSettings(database_url=database_url, artifacts=at)
    return BackupSettings(
        database_url=database_url, artifacts=at.url, s3_endpoint=at.endpoint,
        s3_access_key=SecretStr(KEY), s3_secret_key=SecretStr(SECRET),
    )  # fmt: skip


def store_at(at: Path | S3Place, work: Path) -> ArtifactStore:
    return open_store(at) if isinstance(at, Path) else open_store(work, at)


def filled(at: Path | S3Place, work: Path, runs: list[UUID]) -> dict[UUID, str]:
    """Store a model for each run; returns their digests."""
    store = store_at(at, work)
    for run in runs:
        store.put(made(store, run, {"model.safetensors": run.bytes * 100, "x/y.json": b"{}"}), 1)
    return digests(store)


def digests(store: ArtifactStore) -> dict[UUID, str]:
    return {run: store.record(run).digest for run in store.runs()}


async def rows(url: str) -> dict[str, list[str]]:
    """Every row of every table, and the value of each sequence."""
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY($1)", SCHEMAS
        )
        found = {}
        for schema, table in tables:
            query = f'SELECT t::text FROM "{schema}"."{table}" AS t ORDER BY 1'
            found[f"{schema}.{table}"] = [row[0] for row in await connection.fetch(query)]
        sequences = "SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2"
        found["sequences"] = [str(tuple(row)) for row in await connection.fetch(sequences)]
        return found
    finally:
        await connection.close()
