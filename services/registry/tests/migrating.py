"""The registry's tables at any revision of their history."""

from __future__ import annotations

from collections.abc import Callable

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def to(revision: str, *, down: bool = False) -> Callable[[Connection], None]:
    """Returns what takes a connection to a revision, upwards or down."""

    def go(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", "registry:migrations")
        config.attributes.update(connection=connection, schema="registry")
        (command.downgrade if down else command.upgrade)(config, revision)

    return go
