"""The schema of a service is kept at the newest revision of its history."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from mergehub.contracts.services import SERVICES
from mergehub.kit.database.database import Database
from mergehub.kit.database.schema import is_current, migrate, newest

PACKAGE = "lineage.migrations"


def history(package: str) -> Path:
    return Path(str(import_module(package).__file__)).parent


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


async def test_a_database_is_migrated_from_nothing_and_from_an_older_release(
    database_of: Callable[[str], Awaitable[str]],
) -> None:
    database = Database(await database_of("kit_schema"), "lineage")

    def back(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(history(PACKAGE)))
        config.attributes.update(connection=connection, schema="lineage")
        command.downgrade(config, "-1")

    await migrate(database, PACKAGE)
    assert await is_current(database, PACKAGE)
    async with database.engine.begin() as connection:
        await connection.run_sync(back)
    assert not await is_current(database, PACKAGE)
    for _ in range(2):  # a start that has something to do, and one that has not
        await migrate(database, PACKAGE)
        assert await is_current(database, PACKAGE)
    await database.close()
