"""The index of names in this process, and the loop that keeps it current."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock

from fastapi import FastAPI

from lineage.memory.graph import Graph
from lineage.replica.serving import repeated
from lineage.search.index import Index
from mergehub.kit.background.resources import Resources
from mergehub.kit.telemetry.loops import Loop


class Search:
    """The index of the names of the present load."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._index: Index | None = None

    def index(self, graph: Graph) -> Index:
        with self._lock:
            if self._index is None or self._index.names is not graph.names:
                self._index = Index(graph.names)
            return self._index


def start_search(app: FastAPI, resources: Resources) -> Mapping[str, Loop]:
    """Give the process its index; the loop that keeps it current."""
    search = app.state.search = Search()
    return {"names": repeated(app, lambda graph: search.index(graph).follow(graph))}


def index_of(app: FastAPI, graph: Graph) -> Index:
    """The index of a graph's names, which takes in those that are new."""
    search: Search = app.state.search
    return search.index(graph)
