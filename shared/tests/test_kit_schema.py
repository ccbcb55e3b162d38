"""The schema of a service is kept at the newest revision of its history."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from captured_logs import captured_logs
from next_release import ADDED, history, next_release, step_back
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from mergehub.backoff import Backoff
from mergehub.contracts.services import SERVICES
from mergehub.kit.database import schema
from mergehub.kit.database.database import Database
from mergehub.kit.database.schema import NewerTables, lacking, migrate, newest, revision

PACKAGE = "lineage.migrations"


@pytest.mark.parametrize("service", [service.name for service in SERVICES])
def test_the_newest_revision_is_the_one_that_alembic_names(service: str) -> None:
    package = f"{service}.migrations"
    assert newest(package) == ScriptDirectory(history(package)).get_current_head()


def test_a_history_with_two_ends_has_no_newest_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = tmp_path / "two_ended" / "versions"
    versions.mkdir(parents=True)
    (versions.parent / "__init__.py").touch()
    for name, revised in {"a": None, "b": "a", "c": "a"}.items():
        (versions / f"{name}.py").write_text(f"revision = {name!r}\ndown_revision = {revised!r}\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match="too many values"):
        newest("two_ended")


@pytest.fixture
async def database(database_of: Callable[[str], Awaitable[str]]) -> AsyncIterator[Database]:
    """An empty database for lineage."""
    database = Database(await database_of("kit_schema"), "lineage")
    yield database
    await database.close()


async def test_a_database_is_migrated_from_nothing_and_from_an_older_release(
    database: Database,
) -> None:
    head = newest(PACKAGE)
    assert await migrate(database, PACKAGE) is None
    assert await revision(database) == head
    await step_back(database, PACKAGE)
    before = await revision(database)
    assert before not in (head, None)
    for found in (before, head):  # a start that has something to do, and one that has not
        assert await migrate(database, PACKAGE) == found
        assert await revision(database) == head


@pytest.mark.parametrize("service", [service.name for service in SERVICES])
async def test_programs_that_start_together_migrate_once(
    service: str, database_of: Callable[[str], Awaitable[str]]
) -> None:
    """Some migrations make indexes concurrently, which waits for every statement that waits."""
    package = f"{service}.migrations"
    database = Database(await database_of(f"together_{service}"), service)
    with captured_logs() as logs:
        found = await asyncio.gather(*(migrate(database, package) for _ in range(3)))
    await database.close()
    assert sorted(found, key=str) == [newest(package)] * 2 + [None]
    assert [each for each in logs if each["event"] == "migration.blocked"] == []


def test_what_tables_lack_is_said_with_what_to_run() -> None:
    assert lacking("lineage", PACKAGE, newest(PACKAGE)) is None
    assert lacking("lineage", PACKAGE, "a-later-one") is None
    for found, at in {None: "there are no tables", "0001": "the tables are at 0001"}.items():
        assert lacking("lineage", PACKAGE, found) == (
            f"The migration {newest(PACKAGE)} of lineage is missing ({at}): run "
            "`python -m lineage migrate`."
        )


async def test_tables_of_a_later_release_are_left_as_they_are(
    database: Database, tmp_path: Path
) -> None:
    later = next_release(tmp_path, "lineage", "def upgrade():\n    pass\n")
    await migrate(database, later)
    with pytest.raises(NewerTables, match=r"revision next.*MERGEHUB_MIGRATIONS=separate"):
        await migrate(database, PACKAGE)
    assert await revision(database) == ADDED


ADD_COLUMN = """\
def upgrade():
    op.execute("ALTER TABLE models ADD COLUMN added text")
"""


async def test_a_migration_that_waits_for_a_lock_lets_requests_pass_and_comes_again(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long read keeps the migration from its lock. Other reads would wait behind both."""
    monkeypatch.setattr(schema, "LOCK_SECONDS", 0.1)
    monkeypatch.setattr(schema, "LOCK_PAUSES", Backoff(first=0.01))
    await migrate(database, PACKAGE)
    later = next_release(tmp_path, "lineage", ADD_COLUMN)
    read = text("SELECT count(*) FROM models")
    with captured_logs() as logs:
        async with database.engine.connect() as reading:
            await reading.execute(read)
            migrating = asyncio.create_task(migrate(database, later))
            while not any(line["event"] == "migration.blocked" for line in logs):
                assert not migrating.done()
                async with database.engine.connect() as other:
                    assert await other.scalar(read) == 0
        await migrating
    assert await revision(database) == ADDED


async def test_only_a_block_without_lock_may_wait_for_longer(
    database: Database, tmp_path: Path
) -> None:
    """Each migration notes how long it would wait for a lock."""
    note = """op.execute("INSERT INTO waits SELECT current_setting('lock_timeout')")"""
    later = next_release(
        tmp_path,
        "lineage",
        'def upgrade():\n    op.execute("CREATE TABLE waits (seconds text)")\n',
        f"def upgrade():\n    with without_lock():\n        {note}\n",
        f"def upgrade():\n    {note}\n",
    )
    await migrate(database, later)
    async with database.engine.connect() as connection:
        assert list(await connection.scalars(text("SELECT seconds FROM waits"))) == ["0", "2s"]


async def test_a_migration_that_never_gets_its_lock_fails_and_changes_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "LOCK_SECONDS", 0.01)
    monkeypatch.setattr(schema, "LOCK_PAUSES", Backoff(first=0))
    monkeypatch.setattr(schema, "LOCK_TRIES", 2)
    await migrate(database, PACKAGE)
    later = next_release(tmp_path, "lineage", ADD_COLUMN)
    async with database.engine.connect() as reading:
        await reading.execute(text("SELECT count(*) FROM models"))
        with pytest.raises(DBAPIError, match="lock timeout"):
            await migrate(database, later)
    assert await revision(database) == newest(PACKAGE)
