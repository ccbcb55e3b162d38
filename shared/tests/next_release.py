"""The migrations of a later release: those of this one, and more."""

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


def next_release(folder: Path, service: str, *bodies: str) -> str:
    """The package of a history with a further migration for each body; `folder` is new.

    The last one's revision is ADDED.
    """
    package = f"{service}_{folder.name.replace('-', '_')}"
    there = folder / package / "migrations"
    shutil.copytree(history(f"{service}.migrations"), there)
    (folder / package / "__init__.py").touch()
    after = newest(f"{service}.migrations")
    for number, body in enumerate(bodies, 1):
        added = ADDED if number == len(bodies) else f"{ADDED}{number}"
        text = HEAD.format(added=added, after=after) + body
        (there / "versions" / f"{added}.py").write_text(text)
        after = added
    sys.path.insert(0, str(folder))
    try:
        import_module(f"{package}.migrations")
    finally:
        sys.path.remove(str(folder))
    return f"{package}.migrations"


async def step_back(database: Database, package: str, to: str = "-1") -> None:
    """Undo the newest migration, or all down to a revision."""

    def back(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(history(package)))
        config.attributes.update(connection=connection, schema=database.schema)
        command.downgrade(config, to)

    async with database.apart() as connection:
        await connection.run_sync(back)
