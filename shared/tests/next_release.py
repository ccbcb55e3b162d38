"""The migrations of a later release: those of this one, and one more."""

from __future__ import annotations

import shutil
import sys
from importlib import import_module
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from mergehub.kit.database.database import Database
from mergehub.kit.database.schema import newest

ADDED = "next"
HEAD = """\
from alembic import op
from sqlalchemy import text

from mergehub.kit.database.migrations import without_lock

revision = "{added}"
down_revision = "{after}"
branch_labels = None
depends_on = None

"""


def history(package: str) -> Path:
    return Path(str(import_module(package).__file__)).parent


def next_release(folder: Path, service: str, body: str) -> str:
    """The package of a history with a migration `next` that does `body`; `folder` is new."""
    package = f"{service}_{folder.name.replace('-', '_')}"
    there = folder / package / "migrations"
    shutil.copytree(history(f"{service}.migrations"), there)
    (folder / package / "__init__.py").touch()
    head = HEAD.format(added=ADDED, after=newest(f"{service}.migrations"))
    (there / "versions" / f"{ADDED}.py").write_text(head + body)
    sys.path.insert(0, str(folder))
    try:
        import_module(f"{package}.migrations")
    finally:
        sys.path.remove(str(folder))
    return f"{package}.migrations"


async def step_back(database: Database, package: str) -> None:
    """Undo the newest migration."""

    def back(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(history(package)))
        config.attributes.update(connection=connection, schema=database.schema)
        command.downgrade(config, "-1")

    async with database.apart() as connection:
        await connection.run_sync(back)
