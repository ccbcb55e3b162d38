"""Keeps a service's schema at the newest revision of its history.

Alembic makes the changes. Whether there are any is read without it, since every start asks and few
find one: importing Alembic takes longer than asking.
"""

from __future__ import annotations

import ast
import asyncio
import importlib.resources
from functools import cache
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from mergehub.backoff import Backoff
from mergehub.kit.database.database import Database

log = structlog.get_logger()

VERSIONS = "SELECT version_num FROM alembic_version"
LOCK_SECONDS = 2.0  # all requests for a table queue up behind a change that waits for its lock
LOCK_PAUSES = Backoff(first=0.5, longest=10.0, jitter=0.5)
LOCK_TRIES = 60
TURN_SECONDS = 0.2
BLOCKED = ("55P03", "40P01")  # lock_not_available, deadlock_detected


class NewerTables(Exception):
    """A newer release has migrated the tables; this one has no history to migrate them by."""

    def __init__(self, schema: str, found: str) -> None:
        self.found = found
        super().__init__(
            f"The tables of {schema} are at revision {found}, which this release does not know: a "
            "newer one has migrated them. Start that release. To serve them with this one during a "
            "roll-out or after a roll-back, set MERGEHUB_MIGRATIONS=separate."
        )


async def migrate(database: Database, package: str) -> str | None:
    """Migrate the schema to the newest revision of the history in `package`.

    Returns the revision that it was at. A lock lets replicas start together. A change that does not
    get its lock on a table within LOCK_SECONDS is withdrawn and tried again later, so that requests
    pass meanwhile.

    Raises NewerTables if the history does not have the revision of the schema.
    """
    async with database.apart(
        lock_timeout=f"{LOCK_SECONDS}s", synchronous_commit="off"
    ) as connection:
        await _alone(connection, database.schema)
        found = await _found(connection)
        if found is not None and found not in revisions(package):
            raise NewerTables(database.schema, found)
        if found != newest(package):
            await connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{database.schema}"'))
            await connection.commit()
            await _upgrade(connection, package, database.schema)
            await _on_disk(connection)
        return found


async def _alone(connection: AsyncConnection, schema: str) -> None:
    """Wait until no other process migrates the schema.

    A statement that waits for a lock has a snapshot all the while. CREATE INDEX CONCURRENTLY of the
    process that has the lock waits until older snapshots are gone, so both would wait for each
    other. Hence the lock is asked for again and again, and nothing is open meanwhile.
    """
    asked = text("SELECT pg_try_advisory_lock(hashtext(:name))")
    while not await connection.scalar(asked, {"name": schema}):
        await connection.rollback()
        await asyncio.sleep(TURN_SECONDS)


async def _upgrade(connection: AsyncConnection, package: str, schema: str) -> None:
    from mergehub.kit.database.migrations import upgrade

    pauses = LOCK_PAUSES.pauses()
    for tries in range(1, LOCK_TRIES + 1):
        try:
            await connection.run_sync(upgrade, package, schema)
            return
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in BLOCKED or tries == LOCK_TRIES:
                raise
            log.warning("migration.blocked", schema=schema, tries=tries, error=str(error.orig))
        await connection.rollback()
        await asyncio.sleep(next(pauses))


async def _on_disk(connection: AsyncConnection) -> None:
    """Wait once for the disk: a commit that waits has all earlier ones written, too."""
    await connection.execute(text("SET synchronous_commit = on"))
    await connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
    await connection.commit()


async def revision(database: Database) -> str | None:
    """The revision that the schema is at; None without tables."""
    async with database.engine.connect() as connection:
        return await _found(connection)


async def _found(connection: AsyncConnection) -> str | None:
    if await connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    found: str | None = await connection.scalar(text(VERSIONS))
    return found


def lacking(schema: str, package: str, found: str | None) -> str | None:
    """What tables at revision `found` lack for the history in `package`, as a sentence.

    None if they are at its newest revision, or at one of a newer release.
    """
    known, wanted = revisions(package), newest(package)
    if found == wanted or (found is not None and found not in known):
        return None
    at = f"the tables are at {found}" if found else "there are no tables"
    return (
        f"The migration {wanted} of {schema} is missing ({at}): run `python -m {schema} migrate`."
    )


@cache
def newest(package: str) -> str:
    """The revision that no other one revises. Raises ValueError unless there is exactly one."""
    steps = _steps(package)
    (head,) = steps.keys() - steps.values()
    return str(head)


def revisions(package: str) -> frozenset[str]:
    """All revisions of the history in `package`."""
    return frozenset(_steps(package))


@cache
def _steps(package: str) -> dict[str, str | None]:
    """The revision that each revision of a history follows."""
    versions = importlib.resources.files(package) / "versions"
    names = [_names(file.read_text()) for file in versions.iterdir() if file.name.endswith(".py")]
    return {each["revision"]: each["down_revision"] for each in names if "revision" in each}


def _names(source: str) -> dict[str, Any]:
    """The names that a file of the history gives to plain values, such as `revision`."""
    return {
        target.id: each.value.value
        for each in ast.parse(source).body
        if isinstance(each, ast.Assign) and isinstance(each.value, ast.Constant)
        for target in each.targets
        if isinstance(target, ast.Name)
    }
