"""The same questions to `mergehub up` as it comes out of the box."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from running import RunningHub, started_hub

from benchmarks.lineage.server import Server, wait_for
from benchmarks.registry import tables
from mergehub.hub.postgres import Postgres
from registry.search.replica.kept import NAME

START_SECONDS = 600


@contextmanager
def embedded(recipes: int) -> Iterator[Server]:
    """The services of a hub with so many recipes, once they have answered a search."""
    with tempfile.TemporaryDirectory(prefix="mh-") as name:  # short: it holds sockets
        folder, models = Path(name, "hub"), Path(name, "models")
        (models / "tasks").mkdir(parents=True)
        with started_hub(folder, models, workers=0):
            pass  # it makes the tables
        _fill(folder, recipes)
        [snapshot] = folder.rglob(f"{NAME}.snapshot")
        snapshot.unlink()  # of no recipes: these are not in the log of changes
        for what in ("reads all recipes", "reads the snapshot"):
            began = time.perf_counter()
            with started_hub(folder, models, workers=0, MERGEHUB_RATE_READS="0") as hub:
                server = _services(hub)
                wait_for(server, "/v1/recipes?limit=1", START_SECONDS)
                server.ready_after = time.perf_counter() - began
                print(f"embedded hub that {what}: first answer after {server.ready_after:.1f} s")
                if what == "reads the snapshot":
                    yield server


def _fill(folder: Path, recipes: int) -> None:
    postgres = Postgres(folder / "pg")
    postgres.start()
    try:
        asyncio.run(tables.fill(postgres.url, recipes))
    finally:
        postgres.stop()


def _services(hub: RunningHub) -> Server:
    port = urlsplit(hub.url).port
    assert port is not None, hub.url
    [process] = (each for each in hub.process.children() if "mergehub.hub.serve" in each.cmdline())
    return Server(port, process)
