"""Dump the databases of a hub at one moment, and load them, with PostgreSQL's own tools."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from mergehub.contracts.services import SERVICES
from mergehub.hub import leftovers
from mergehub.hub.folder import DataFolder, FolderInUse
from mergehub.hub.postgres import Postgres

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
    """All databases as of one moment, while the services keep writing."""

    url: str
    name: str
    revisions: dict[str, str]

    async def dump(self, into: Path) -> None:
        """Write all tables of the services into a file that pg_restore reads."""
        schemas = [f"--schema={schema}" for schema in SCHEMAS]
        await _run(
            "pg_dump", "--format=custom", "--no-owner", "--statistics",
            f"--snapshot={self.name}", f"--file={into}", *schemas, self.url,
        )  # fmt: skip


@asynccontextmanager
async def snapshot(url: str) -> AsyncIterator[Snapshot]:
    """A snapshot of the databases at this moment. Raises DatabaseFault if they do not answer."""
    try:
        connection = await asyncpg.connect(url, timeout=10)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise DatabaseFault(f"PostgreSQL does not answer ({error}).") from error
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            name = await connection.fetchval("SELECT pg_export_snapshot()")
            revisions = {schema: await _revision(connection, schema) for schema in SCHEMAS}
            yield Snapshot(url, name, revisions)
    finally:
        await connection.close()


async def load(url: str, dump: Path) -> None:
    """Fill an empty database from a dump, all or nothing. Raises DatabaseFault."""
    options = ("--exit-on-error", "--single-transaction", "--no-owner")
    await _run("pg_restore", *options, f"--dbname={url}", str(dump))


async def _revision(connection: asyncpg.Connection, schema: str) -> str:
    try:
        query = f'SELECT version_num FROM "{schema}".alembic_version'  # noqa: S608 - our own names
        return str(await connection.fetchval(query))
    except asyncpg.UndefinedTableError as error:
        raise DatabaseFault(
            f"There are no tables of {schema} yet: wait until `mergehub up` says that it is ready."
        ) from error


async def _run(tool: str, *options: str) -> None:
    child = await asyncio.create_subprocess_exec(
        Postgres.tool(tool), *options,
        stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        _, words = await child.communicate()
    finally:
        if child.returncode is None:
            child.kill()
    if child.returncode != 0:
        raise DatabaseFault(f"{tool} failed: {words.decode(errors='replace').strip()[-2000:]}")
