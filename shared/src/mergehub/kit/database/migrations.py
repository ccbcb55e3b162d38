"""Runs a service's Alembic migrations under a lock, so that replicas may start together."""

from __future__ import annotations

import importlib.resources
from collections.abc import Callable

from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text

from mergehub.kit.database.database import Database


def _config(package: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(importlib.resources.files(package)))
    return config


def _with_connection(package: str, schema: str) -> Callable[[Connection], None]:
    def upgrade(connection: Connection) -> None:
        config = _config(package)
        config.attributes["connection"] = connection
        config.attributes["schema"] = schema
        command.upgrade(config, "head")

    return upgrade


async def migrate(database: Database, package: str) -> None:
    """Migrate the service's schema to the newest revision of the history in `package`."""
    async with database.unhurried() as connection:
        await connection.execute(
            text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": database.schema}
        )
        await connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{database.schema}"'))
        await connection.run_sync(_with_connection(package, database.schema))


async def is_current(database: Database, package: str) -> bool:
    """Whether the database is at the newest revision of the history in `package`."""
    head = ScriptDirectory.from_config(_config(package)).get_current_head()
    async with database.engine.connect() as connection:
        found = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    return bool(found == head)


def knows_revision(package: str, revision: str) -> bool:
    """Whether the history in `package` has `revision`."""
    return any(
        script.revision == revision
        for script in ScriptDirectory.from_config(_config(package)).walk_revisions()
    )


def run_env(metadata: MetaData) -> None:
    """Run the migrations on the connection that `migrate` opened; all that an `env.py` does."""
    attributes = context.config.attributes
    context.configure(
        connection=attributes["connection"],
        target_metadata=metadata,
        version_table_schema=attributes["schema"],
    )
    with context.begin_transaction():
        context.run_migrations()
