"""A deployed hub is backed up, restored into an empty place elsewhere, and compared."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from deployed_hub import Hub, digests, filled, rows, settings_of, store_at, written_hub
from seaweed import KEY, SECRET, Seaweed

from mergehub.artifacts import S3Place, open_store
from mergehub.hub.backup import BadBackup, CannotBackUp, CannotRestore
from mergehub.hub.backup.deployed import BackupPlace, BackupSettings, check, restore, save

pytestmark = pytest.mark.process

SECONDS = 120

Database = Callable[[str], Awaitable[str]]


@pytest.fixture(scope="module")
async def hub(database_of: Database, redis_url: str) -> Hub:
    return await written_hub(await database_of("deployed"), redis_url)


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
