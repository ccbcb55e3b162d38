"""A deployed hub is backed up, restored into an empty place elsewhere, and compared."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from applications import make_application
from pydantic import SecretStr
from seaweed import KEY, SECRET, Seaweed
from stored_models import made

from mergehub.artifacts import ArtifactStore, S3Place, open_store
from mergehub.hub.backup import BadBackup, CannotBackUp, CannotRestore
from mergehub.hub.backup.deployed import BackupPlace, BackupSettings, check, restore, save
from mergehub.kit.settings.service import ServiceSettings

pytestmark = pytest.mark.process

OWNER, WORKER = "mgh_owner-of-a-deployed-hub", "mgh_worker-of-a-deployed-hub"
RECIPE = "merge_method: linear\nmodels: [{model: a}, {model: b}]\nparameters: {weight: 1}\n"
RESULT = {
    "kind": "merge", "output_digest": "sha256:out", "lock_digest": "sha256:lock",
    "engine_version": "1", "method": "linear", "tensors": 1, "bytes": 1, "seconds": 1.0,
    "parents": [],
}  # fmt: skip
SCHEMAS = ["registry", "lineage", "leaderboard"]
SECONDS = 120

Database = Callable[[str], Awaitable[str]]


@dataclass(frozen=True)
class Hub:
    """A hub's database, and the runs that have made models."""

    database_url: str
    runs: list[UUID]


@pytest.fixture(scope="module")
async def hub(database_of: Database, redis_url: str) -> Hub:
    """Services that have written something of everything."""
    settings = ServiceSettings(
        database_url=await database_of("deployed"),
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


Place = Callable[[], Path | S3Place]


@pytest.fixture
def of_hub(request: pytest.FixtureRequest, seaweed: Seaweed, tmp_path: Path) -> Place:
    return _places(request.param, seaweed, tmp_path / "of-hub")


@pytest.fixture
def of_backups(request: pytest.FixtureRequest, seaweed: Seaweed, tmp_path: Path) -> Place:
    return _places(request.param, seaweed, tmp_path / "of-backups")


def _places(kind: str, seaweed: Seaweed, folder: Path) -> Place:
    """Makes empty places for models or backups, one after the other."""
    return (lambda: folder / uuid4().hex) if kind == "folder" else seaweed.place


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


@pytest.mark.parametrize(
    ("of_hub", "of_backups"),
    [
        ("folder", "bucket"),
        ("bucket", "folder"),
        pytest.param("folder", "folder", marks=pytest.mark.long),
        pytest.param("bucket", "bucket", marks=pytest.mark.long),
    ],
    indirect=True,
)
async def test_a_hub_is_restored_elsewhere_to_the_very_rows_and_models(
    hub: Hub, of_hub: Place, of_backups: Place, database_of: Database, tmp_path: Path
) -> None:
    first, second, backups = of_hub(), of_hub(), of_backups()
    stored = filled(first, tmp_path / "w1", hub.runs)
    saved = await asyncio.to_thread(save, settings_of(hub.database_url, first), backups)
    assert (saved.models, saved.copied, saved.missing) == (3, 3, ())
    assert (await asyncio.to_thread(check, backups)).manifest.models == stored
    empty = await database_of("restored")
    restored = await asyncio.to_thread(restore, settings_of(empty, second), backups)
    assert restored.backup == saved.backup
    assert digests(store_at(second, tmp_path / "w2")) == stored
    before, after = await rows(hub.database_url), await rows(empty)
    assert before.keys() == after.keys()
    for table, found in before.items():
        assert after[table] == found, table
    assert len(before["registry.runs"]) == 4
    assert before["lineage.models"]


@pytest.fixture
def place(seaweed: Seaweed) -> S3Place:
    return seaweed.place()


@pytest.fixture
def deployed(hub: Hub, seaweed: Seaweed, tmp_path: Path) -> tuple[BackupSettings, dict[UUID, str]]:
    """The settings of the hub with models in a bucket, and the models' digests."""
    at = seaweed.place()
    stored = filled(at, tmp_path / "made", hub.runs)
    return settings_of(hub.database_url, at), stored


Deployed = tuple[BackupSettings, dict[UUID, str]]


def test_models_that_are_there_are_not_copied_again_and_old_backups_go(
    deployed: Deployed, place: S3Place, tmp_path: Path
) -> None:
    settings, stored = deployed
    first = save(settings, place)
    lost = sorted(stored)[0]
    store_at(settings.s3_place, tmp_path / "again").remove(lost)
    second = save(settings, place)
    assert (first.copied, second.copied, second.missing) == (3, 0, ())
    third = save(settings, place, keep=1)
    assert third.removed == (first.backup, second.backup)
    backups = BackupPlace(place, tmp_path)
    assert backups.backups() == [third.backup]
    assert digests(backups.models) == stored


async def test_models_that_no_kept_backup_names_go(
    hub: Hub, place: S3Place, database_of: Database, tmp_path: Path
) -> None:
    at = tmp_path / "models"
    stored = filled(at, tmp_path, hub.runs)
    empty = await database_of("fewer")
    await asyncio.to_thread(save, settings_of(hub.database_url, at), place)
    await asyncio.to_thread(restore, settings_of(empty, tmp_path / "fewer"), place)
    connection = await asyncpg.connect(empty)
    gone = sorted(stored)[0]
    await connection.execute("UPDATE registry.runs SET state = 'failed' WHERE id = $1", gone)
    await connection.close()
    await asyncio.to_thread(save, settings_of(empty, tmp_path / "fewer"), place, keep=1)
    assert set(BackupPlace(place, tmp_path).models.runs()) == set(stored) - {gone}


def test_a_run_whose_model_is_lost_is_named(
    deployed: Deployed, place: S3Place, tmp_path: Path
) -> None:
    settings, stored = deployed
    lost = sorted(stored)[0]
    store_at(settings.s3_place, tmp_path / "again").remove(lost)
    saved = save(settings, place)
    assert (saved.models, saved.missing) == (2, (lost,))


def test_a_place_that_is_not_empty_is_refused_with_what_is_there(
    deployed: Deployed, place: S3Place, tmp_path: Path
) -> None:
    settings, _ = deployed
    save(settings, place)
    with pytest.raises(CannotRestore, match=r"database is not empty: it has leaderboard\.\w+, "):
        restore(settings, place)


async def test_a_store_with_other_models_is_refused_and_one_with_the_same_is_completed(
    deployed: Deployed, place: S3Place, database_of: Database, tmp_path: Path
) -> None:
    settings, stored = deployed
    await asyncio.to_thread(save, settings, place)
    empty, there = await database_of("other"), tmp_path / "there"
    [strange] = filled(there, tmp_path, [uuid4()])
    with pytest.raises(CannotRestore, match=f"models of runs {strange}"):
        await asyncio.to_thread(restore, settings_of(empty, there), place)
    assert list(await rows(empty)) == ["sequences"]
    store_at(there, tmp_path).remove(strange)
    BackupPlace(place, tmp_path / "work").models.hold(sorted(stored)[0])
    filled(there, tmp_path, sorted(stored)[:1])
    await asyncio.to_thread(restore, settings_of(empty, there), place)
    assert digests(open_store(there)) == stored


@pytest.mark.parametrize("part", ["database.dump", "manifest.json", "model"])
async def test_a_damaged_backup_is_refused_and_named(
    part: str, hub: Hub, database_of: Database, tmp_path: Path
) -> None:
    at, backups, target = (tmp_path / name for name in ("models", "backups", "target"))
    filled(at, tmp_path, hub.runs)
    await asyncio.to_thread(save, settings_of(hub.database_url, at), backups)
    [path] = backups.rglob(part) if part != "model" else list(backups.rglob("*.safetensors"))[:1]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content[: len(content) // 2 if part == "manifest.json" else None])
    said = path.parent.name if part == "model" else part.partition(".")[0]
    empty = await database_of("damaged")
    for ask in (
        lambda: check(backups),
        lambda: restore(settings_of(empty, target), backups),
    ):
        with pytest.raises(BadBackup, match="damaged") as refused:
            await asyncio.to_thread(ask)
        assert said.replace("database", "dump") in str(refused.value)
    assert list(await rows(empty)) == ["sequences"]


def test_a_backup_that_was_cut_short_is_none(
    deployed: Deployed, place: S3Place, tmp_path: Path
) -> None:
    settings, stored = deployed
    backups = BackupPlace(place, tmp_path)
    backups.shelf.write("backups/20000101T000000.000000Z/database.dump", b"half")
    with pytest.raises(BadBackup, match="there is no complete backup"):
        check(place)
    whole = save(settings, place, keep=2)
    assert backups.backups() == [whole.backup]
    assert len(list(backups.shelf.names("backups/"))) == 2
    assert check(place).manifest.models == stored
    with pytest.raises(BadBackup, match=f"the newest are: {whole.backup}"):
        check(place, "20000101T000000.000000Z")


def mergehub(settings: BackupSettings, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    variables = {
        "MERGEHUB_DATABASE_URL": settings.database_url,
        "MERGEHUB_ARTIFACTS": str(settings.artifacts),
        "MERGEHUB_S3_ENDPOINT": str(settings.s3_endpoint),
        "MERGEHUB_S3_ACCESS_KEY": KEY,
        "MERGEHUB_S3_SECRET_KEY": SECRET,
    }
    program = [str(Path(sys.prefix) / "bin" / "mergehub"), *map(str, arguments)]
    return subprocess.run(program, env=variables, capture_output=True, text=True, timeout=SECONDS)


async def test_the_commands_end_with_json_a_status_and_a_file_for_prometheus(
    deployed: Deployed, place: S3Place, database_of: Database, tmp_path: Path
) -> None:
    settings, stored = deployed
    prom = tmp_path / "mergehub.prom"
    options = ("--deployed", "--keep", "2", "--json", "--metrics", prom)
    done = await asyncio.to_thread(mergehub, settings, "backup", place.url, *options)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["models"], told["copied"], told["missing"]) == (3, 3, [])
    sample = dict(line.split() for line in prom.read_text().splitlines() if line[0] != "#")
    assert sample["mergehub_backup_models"] == "3"
    assert float(sample["mergehub_backup_timestamp_seconds"]) > 1.7e9
    fresh = {"database_url": await database_of("shell"), "artifacts": tmp_path / "models"}
    again = settings.model_copy(update=fresh)
    done = await asyncio.to_thread(mergehub, again, "restore", place.url, "--deployed", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["backup"] == told["backup"]
    assert digests(open_store(tmp_path / "models")) == stored
    refused = await asyncio.to_thread(mergehub, again, "restore", place.url, "--deployed")
    assert (refused.returncode, "not empty" in refused.stderr) == (1, True)
    wrong = settings.model_copy(update={"database_url": "postgresql://x:s3cret@127.0.0.1:9/x"})
    refused = await asyncio.to_thread(mergehub, wrong, "backup", place.url, "--deployed")
    assert (refused.returncode, "does not answer" in refused.stderr) == (1, True)
    assert "s3cret" not in refused.stderr


async def test_a_store_of_models_that_is_not_there_is_refused(hub: Hub, tmp_path: Path) -> None:
    backups = tmp_path / "backups"
    for given, said in (
        ({"artifacts": tmp_path / "missing"}, f"MERGEHUB_ARTIFACTS is {tmp_path / 'missing'}"),
        ({}, "MERGEHUB_ARTIFACTS is not set, and its default is "),
    ):
        settings = BackupSettings(database_url=hub.database_url, **given)
        with pytest.raises(CannotBackUp, match=re.escape(said)):
            await asyncio.to_thread(save, settings, backups)
    assert not BackupPlace(backups, tmp_path).backups()
    named = {"artifacts": tmp_path / "missing", "s3_endpoint": "http://127.0.0.1:9"}
    settings = BackupSettings(database_url=hub.database_url, **named)
    refused = await asyncio.to_thread(mergehub, settings, "backup", backups, "--deployed")
    assert (refused.returncode, "MERGEHUB_ARTIFACTS" in refused.stderr) == (1, True)
