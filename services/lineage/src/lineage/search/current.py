"""The index of names in this process, and the loop that keeps it current."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from threading import Lock

import structlog
from fastapi import FastAPI

from lineage.memory.graph import Graph
from lineage.replica.serving import repeated
from lineage.search.apart import blocks_apart
from lineage.search.blocks import Blocks
from lineage.search.index import Index
from mergehub.kit.background.apart import Failed
from mergehub.kit.background.resources import Resources
from mergehub.kit.telemetry.loops import Loop

logger = structlog.get_logger()

MANY = 1 << 16
"""So many names are indexed by another process first."""


class Search:
    """The index of the names of the present load."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._index: Index | None = None

    def index(self, graph: Graph) -> Index:
        with self._lock:
            if self._index is None or self._index.names is not graph.names:
                self._index = Index(graph.names, apart=graph.size >= MANY)
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
    """Give the process its index; the loop that keeps it current."""
    search = app.state.search = Search()
    return {"names": repeated(app, search.follow)}


def index_of(app: FastAPI, graph: Graph) -> Index:
    """The index of a graph's names, which takes in those that are new."""
    search: Search = app.state.search
    return search.index(graph)
