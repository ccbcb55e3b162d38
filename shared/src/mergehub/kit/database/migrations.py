"""Runs a service's Alembic history."""

from __future__ import annotations

import importlib.resources

from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
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


def knows_revision(package: str, revision: str) -> bool:
    """Whether the history in `package` has `revision`."""
    return any(
        script.revision == revision
        for script in ScriptDirectory.from_config(_config(package)).walk_revisions()
    )


def run_env(metadata: MetaData) -> None:
    """Run the migrations on the connection that `upgrade` got; all that an `env.py` does."""
    attributes = context.config.attributes
    context.configure(
        connection=attributes["connection"],
        target_metadata=metadata,
        version_table_schema=attributes["schema"],
    )
    with context.begin_transaction():
        context.run_migrations()
