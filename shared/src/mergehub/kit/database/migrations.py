"""Runs a service's Alembic history, each migration in a transaction of its own."""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command, context, op
from alembic.config import Config
from sqlalchemy import Connection, MetaData


def _config(package: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(importlib.resources.files(package)))
    return config


def upgrade(connection: Connection, package: str, schema: str) -> None:
    """Upgrade `schema` to the newest revision of the history in `package`."""
    config = _config(package)
    config.attributes["connection"] = connection
    config.attributes["schema"] = schema
    command.upgrade(config, "head")


@contextmanager
def without_lock() -> Iterator[None]:
    """A block of a migration for CREATE INDEX CONCURRENTLY and the like.

    It runs outside of a transaction and may wait for as long as it takes, since no request waits
    for it. If it fails, the migration begins again: let it do nothing else, and drop first what a
    failed try may have left.
    """
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        yield
        op.execute("RESET lock_timeout")


def run_env(metadata: MetaData) -> None:
    """Run the migrations on the connection that `upgrade` got; all that an `env.py` does."""
    attributes = context.config.attributes
    context.configure(
        connection=attributes["connection"],
        target_metadata=metadata,
        version_table_schema=attributes["schema"],
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
