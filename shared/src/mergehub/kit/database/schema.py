"""Keeps a service's schema at the newest revision of its history.

Alembic makes the changes. Whether there are any is read without it, since every start asks and few
find one: importing Alembic takes longer than asking.
"""

from __future__ import annotations

import ast
import importlib.resources
from functools import cache
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from mergehub.kit.database.database import Database

VERSIONS = "SELECT version_num FROM alembic_version"


async def migrate(database: Database, package: str) -> None:
    """Migrate the schema to the newest revision of the history in `package`.

    A lock lets replicas start together.
    """
    async with database.unhurried() as connection:
        await connection.execute(
            text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": database.schema}
        )
        await connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{database.schema}"'))
        if await _found(connection) != [newest(package)]:
            from mergehub.kit.database.migrations import upgrade

            await connection.run_sync(upgrade, package, database.schema)


async def is_current(database: Database, package: str) -> bool:
    """Whether the database is at the newest revision of the history in `package`."""
    async with database.engine.connect() as connection:
        return list(await connection.scalars(text(VERSIONS))) == [newest(package)]


async def _found(connection: AsyncConnection) -> list[str]:
    """The revisions that the database is at; none in a schema without tables."""
    if await connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return []
    return list(await connection.scalars(text(VERSIONS)))


@cache
def newest(package: str) -> str:
    """The revision that no other one revises. Raises ValueError unless there is exactly one."""
    versions = importlib.resources.files(package) / "versions"
    names = [_names(file.read_text()) for file in versions.iterdir() if file.name.endswith(".py")]
    steps = {each["revision"]: each["down_revision"] for each in names if "revision" in each}
    (head,) = steps.keys() - steps.values()
    return str(head)


def _names(source: str) -> dict[str, Any]:
    """The names that a file of the history gives to plain values, such as `revision`."""
    return {
        target.id: each.value.value
        for each in ast.parse(source).body
        if isinstance(each, ast.Assign) and isinstance(each.value, ast.Constant)
        for target in each.targets
        if isinstance(target, ast.Name)
    }
