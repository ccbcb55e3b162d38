"""The catalogue for requests. While it loads, they wait a little and then get a 503 problem."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from mergehub.kit.background.resources import Resources
from mergehub.kit.identity.auth import Viewing
from mergehub.kit.problems.problem import Problem
from mergehub.kit.replica.heap import LARGE, give_back
from mergehub.kit.telemetry.loops import Loop, turned
from registry.search.catalogue.catalogue import Catalogue
from registry.search.replica.replica import Replica

PATIENCE_SECONDS = 5.0
HEAP_PAUSE_SECONDS = 5.0
PREPARE_PAUSE_SECONDS = 2.0
SNAPSHOT_PAUSE_SECONDS = 10.0
SNAPSHOT_CHANGES, SNAPSHOT_SECONDS = 10_000, 3600.0


class CatalogueLoading(Problem):
    """The service has just started and is still reading the recipes from the database."""

    status, code, title = 503, "catalogue-loading", "The catalogue is being loaded"
    remedy = "Send the request again after the seconds in `Retry-After`."


def start_replica(app: FastAPI, resources: Resources) -> Mapping[str, Loop]:
    """Give the process a replica of the catalogue; the loops that keep it current and small."""
    app.state.catalogue = Replica(resources)
    return {
        "catalogue": app.state.catalogue.run,
        "heap": _keep_small,
        "snapshot": partial(_keep_snapshot, app.state.catalogue),
        "prepared": partial(_prepare, app.state.catalogue),
    }


async def _keep_small() -> None:
    while True:
        await asyncio.to_thread(give_back, LARGE)
        turned()
        await asyncio.sleep(HEAP_PAUSE_SECONDS)


async def _keep_snapshot(replica: Replica) -> None:
    """Keep what a start reads so current that little of the log remains to be followed."""
    while True:
        await replica.save_if_due(SNAPSHOT_CHANGES, SNAPSHOT_SECONDS)
        turned()
        await asyncio.sleep(SNAPSHOT_PAUSE_SECONDS)


async def _prepare(replica: Replica) -> None:
    """Take new words in before a search with a mistake needs them, and frequent bases."""
    while True:
        if replica.state is not None:
            await asyncio.to_thread(replica.state.texts.prepare_spelling)
            await asyncio.to_thread(replica.state.values.prepare, replica.state.size)
        turned()
        await asyncio.sleep(PREPARE_PAUSE_SECONDS)


def replica_of(app: FastAPI) -> Replica:
    """The replica of the catalogue in this process."""
    replica: Replica = app.state.catalogue
    return replica


async def _catalogue(request: Request, viewer: Viewing) -> Catalogue:
    """The catalogue, with all that this process wrote, and for a known viewer with all there is."""
    replica = replica_of(request.app)
    if replica.state is not None and viewer is None and replica.has_own_writes():
        return replica.state
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await replica.current()
    if replica.state is None:
        raise CatalogueLoading(
            "The service is reading the recipes from the database.", headers={"Retry-After": "2"}
        )
    return replica.state


InMemory = Annotated[Catalogue, Depends(_catalogue)]
"""The catalogue. The operation declares CatalogueLoading in `responses=`."""
