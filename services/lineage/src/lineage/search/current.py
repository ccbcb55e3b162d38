"""The index of names in this process, and the loops that keep it and the snapshot current."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from threading import Lock

import structlog
from fastapi import FastAPI

from lineage.memory.graph import Graph
from lineage.replica.serving import repeated, replica_of
from lineage.search.apart import blocks_apart
from lineage.search.blocks import Blocks
from lineage.search.index import Index
from mergehub.columns.parts import Kept, Parts
from mergehub.kit.background.apart import Failed
from mergehub.kit.background.resources import Resources
from mergehub.kit.telemetry.loops import Loop, turned

logger = structlog.get_logger()

MANY = 1 << 16
"""So many names are indexed by another process first."""


SNAPSHOT_PAUSE_SECONDS = 10.0
SNAPSHOT_CHANGES, SNAPSHOT_SECONDS = 10_000, 3600.0


class Search:
    """The index of the names of the present load; `kept` is what a snapshot has of it."""

    def __init__(self, kept: Callable[[Graph], Kept] = lambda _: {}) -> None:
        self._kept = kept
        self._lock = Lock()
        self._index: Index | None = None

    @property
    def complete(self) -> bool:
        """Whether there is an index that does not wait for its first blocks."""
        return self._index is not None and not self._index.waits

    def parts(self) -> Parts:
        """The index for a snapshot."""
        return {} if self._index is None else self._index.parts()

    def index(self, graph: Graph) -> Index:
        with self._lock:
            if self._index is None or self._index.names is not graph.names:
                kept = self._kept(graph)
                self._index = Index(graph.names, apart=bool(kept) or graph.size >= MANY)
                if kept:
                    self._index.begin(Blocks.kept(kept))
            return self._index

    async def follow(self, graph: Graph) -> None:
        """Take in the names that are new in a graph."""
        index = self.index(graph)
        if index.waits:
            index.begin(await _first_blocks(graph))
        await asyncio.to_thread(index.follow, graph)


async def _first_blocks(graph: Graph) -> Blocks:
    """Those that another process makes of the names; empty ones if it fails."""
    try:
        return await blocks_apart(graph)
    except (Failed, OSError) as error:
        logger.warning("names.not_indexed_apart", reason=str(error) or type(error).__name__)
        return Blocks()


def start_search(app: FastAPI, resources: Resources) -> Mapping[str, Loop]:
    """Give the process its index; the loops that keep it current, and the snapshot with it."""
    replica = replica_of(app)
    search = app.state.search = Search(replica.kept_index)
    replica.index = search.parts

    async def keep_snapshot() -> None:
        while True:
            if search.complete:
                await replica.save_if_due(SNAPSHOT_CHANGES, SNAPSHOT_SECONDS)
            turned()
            await asyncio.sleep(SNAPSHOT_PAUSE_SECONDS)

    return {"names": repeated(app, search.follow), "snapshot": keep_snapshot}


def index_of(app: FastAPI, graph: Graph) -> Index:
    """The index of a graph's names, which takes in those that are new."""
    search: Search = app.state.search
    return search.index(graph)
