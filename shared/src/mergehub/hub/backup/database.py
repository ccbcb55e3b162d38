"""Dump the databases of a hub at one moment, and load them, with PostgreSQL's own tools."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
from sqlalchemy.engine import URL, make_url

from mergehub.contracts.services import SERVICES
from mergehub.hub import leftovers
from mergehub.hub.folder import DataFolder, FolderInUse
from mergehub.hub.postgres import Postgres

ARTIFACTS = "SELECT to_regclass('registry.artifacts') IS NOT NULL"
MADE = "SELECT id FROM registry.runs WHERE kind = 'merge' AND state = 'succeeded' ORDER BY id"
MERGED = """
SELECT id FROM registry.runs LEFT JOIN registry.artifacts ON run_id = id
WHERE kind = 'merge' AND runs.state = 'succeeded'
AND artifacts.state IS DISTINCT FROM 'deleting' AND artifacts.state IS DISTINCT FROM 'gone'
ORDER BY id
"""
SCHEMAS = tuple(service.name for service in SERVICES)


class DatabaseFault(Exception):
    """PostgreSQL failed; the message quotes it."""


@contextmanager
def answering(data: Path) -> Iterator[str]:
    """The URL of a folder's databases, which are started for the block unless its hub runs.

    Raises CannotStart if they do not start.
    """
    try:
        folder = DataFolder(data, needed_bytes=0)
    except FolderInUse:
        yield Postgres(data / "pg").url
        return
    with folder:
        leftovers.end(folder / "children.json", folder.path)
        with started(folder / "pg", folder.log("postgres")) as server:
            yield server.url


@contextmanager
def started(folder: Path, log: Path | None = None) -> Iterator[Postgres]:
    """A server over `folder` that runs for the block. Raises CannotStart."""
    server = Postgres(folder, log)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@dataclass(frozen=True)
class Snapshot:
    """All databases as of one moment, while the services keep writing.

    `revisions` are the newest migrations; `merged` are the runs that had made a model, without
    those whose models were deleted.
    """

    url: str
    name: str
    revisions: dict[str, str]
    merged: tuple[UUID, ...]

    async def dump(self, into: Path) -> None:
        """Write all tables of the services into a file that pg_restore reads."""
        schemas = [f"--schema={schema}" for schema in SCHEMAS]
        await run(
            self.url, "pg_dump", "--format=custom", "--no-owner", "--statistics",
            f"--snapshot={self.name}", f"--file={into}", *schemas,
        )  # fmt: skip


def plain(url: str) -> str:
    """The URL as PostgreSQL's own library reads it, without the name of a driver."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@asynccontextmanager
async def snapshot(url: str) -> AsyncIterator[Snapshot]:
    """A snapshot of the databases at this moment. Raises DatabaseFault if they do not answer."""
    try:
        connection = await asyncpg.connect(plain(url), timeout=10)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise DatabaseFault(f"PostgreSQL does not answer ({error}).") from error
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            name = await connection.fetchval("SELECT pg_export_snapshot()")
            revisions = {schema: await _revision(connection, schema) for schema in SCHEMAS}
            merged = await connection.fetch(
                MERGED if await connection.fetchval(ARTIFACTS) else MADE
            )
            yield Snapshot(url, name, revisions, tuple(row["id"] for row in merged))
    finally:
        await connection.close()


async def load(url: str, dump: Path) -> None:
    """Fill an empty database from a dump, all or nothing. Raises DatabaseFault."""
    options = ("--exit-on-error", "--single-transaction", "--no-owner")
    await run(url, "pg_restore", *options, str(dump))


def connection_of(url: str) -> tuple[str, dict[str, str]]:
    """The option and the environment of a tool; other users must not see the password."""
    whole = make_url(plain(url))
    secret = {"PGPASSWORD": whole.password} if whole.password else {}
    # URL.set(password=None) would keep the password, and show it as `***`, which counts as one.
    shown = URL.create(
        whole.drivername, whole.username, host=whole.host, port=whole.port,
        database=whole.database, query=whole.query,
    )  # fmt: skip
    return f"--dbname={shown.render_as_string()}", os.environ | secret


async def _revision(connection: asyncpg.Connection, schema: str) -> str:
    try:
        query = f'SELECT version_num FROM "{schema}".alembic_version'  # noqa: S608 - our own names
        return str(await connection.fetchval(query))
    except asyncpg.UndefinedTableError as error:
        raise DatabaseFault(
            f"There are no tables of {schema} yet: wait until `mergehub up` says that it is ready."
        ) from error


async def run(url: str, tool: str, *options: str) -> None:
    """Run a tool on the database of a URL. Raises DatabaseFault."""
    address, env = connection_of(url)
    child = await asyncio.create_subprocess_exec(
        Postgres.tool(tool), address, *options, env=env,
        stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        _, words = await child.communicate()
    finally:
        if child.returncode is None:
            child.kill()
    if child.returncode != 0:
        raise DatabaseFault(f"{tool} failed: {words.decode(errors='replace').strip()[-2000:]}")
