"""PostgreSQL and Redis with recipes in them: for this run alone, or kept in a folder."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.registry import tables
from mergehub.hub.postgres import Postgres
from mergehub.hub.valkey import Valkey
from mergehub.kit.database.database import Database
from mergehub.kit.database.schema import migrate

Env = dict[str, str]


@contextmanager
def stores(recipes: int, kept: Path | None) -> Iterator[tuple[Path, Env]]:
    """A folder, and the environment that names PostgreSQL and Redis with so many recipes.

    A folder that is kept has them from its first use on.
    """
    if kept is None:
        with (
            tempfile.TemporaryDirectory(prefix="mh-") as folder,
            _filled(Path(folder), recipes) as env,
        ):
            yield Path(folder), env
    else:
        folder = kept / str(recipes)
        folder.mkdir(parents=True, exist_ok=True)
        with _filled(folder, recipes) as env:
            yield folder, env


@contextmanager
def _filled(folder: Path, recipes: int) -> Iterator[Env]:
    postgres, valkey = Postgres(folder / "pg"), Valkey(folder / "vk")
    done = folder / "filled"
    try:
        for store in (postgres, valkey):
            store.start()
        if not done.exists():
            began = time.perf_counter()
            asyncio.run(prepare(postgres.url, recipes))
            seconds = time.perf_counter() - began
            print(f"{recipes} recipes written in {seconds:.0f} s", file=sys.stderr)
            done.touch()
        yield dict(os.environ) | {
            "MERGEHUB_DATABASE_URL": postgres.url,
            "MERGEHUB_REDIS_URL": valkey.url,
        }
    finally:
        for store in (postgres, valkey):
            store.stop()


async def prepare(url: str, recipes: int) -> None:
    """The tables of the registry, with so many recipes in them."""
    database = Database(url, "registry")
    await migrate(database, "registry.migrations")
    await database.close()
    await tables.fill(url, recipes)
