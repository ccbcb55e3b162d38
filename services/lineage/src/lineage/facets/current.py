"""The facets that were asked for of late, which are kept, and counted anew as the graph changes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime
from threading import Lock
from weakref import ref

from fastapi import FastAPI, Request

from lineage.facets.counting import counted
from lineage.facets.naming import named
from lineage.facets.schemas import Facets
from lineage.map.wanted import Wanted
from lineage.memory.graph import Graph
from lineage.memory.names import Names
from lineage.replica.serving import repeated
from lineage.statistics.kept import Kept
from mergehub.kit.background.resources import Resources
from mergehub.kit.telemetry.loops import Loop

EVERYTHING = Wanted()
QUICK_SECONDS = 0.01
LASTING_SECONDS = 10.0
SHARE = 50  # so many times as long as counting took, counts of everything last


class Current:
    """The facets of one filter.

    They are of the present graph if a count is quick. Otherwise they last some seconds, so that a
    graph that changes all the time is not counted all the time.
    """

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._lock = Lock()
        self._kept: _Kept | None = None

    def facets(self, graph: Graph, lasting: float = LASTING_SECONDS) -> Facets:
        kept = self._kept
        if kept is None or not kept.holds(graph, lasting):
            with self._lock:
                kept = self._kept
                if kept is None or not kept.holds(graph, lasting):
                    kept = self._kept = _Kept(graph, self._wanted)
        return kept.facets

    def refresh(self, graph: Graph) -> None:
        """Count anew, if counting takes a small share of the time that way."""
        self.facets(graph, 0 if self._kept is None else SHARE * self._kept.seconds)


class _Kept:
    """The facets of one state of the graph; counting took so many `seconds` of the processor."""

    def __init__(self, graph: Graph, wanted: Wanted) -> None:
        began = time.thread_time()
        self.facets = named(graph, counted(graph, wanted))
        self.seconds = time.thread_time() - began
        self._read_at: datetime = graph.read_at
        self._load: ref[Names] = ref(graph.names)
        self._counted_at = time.monotonic()

    def holds(self, graph: Graph, lasting: float) -> bool:
        """Whether they are those of a graph, or may stand for them a while longer."""
        if self._load() is not graph.names:  # loaded anew: codes mean something else
            return False
        if self._read_at >= graph.read_at:
            return True
        age = time.monotonic() - self._counted_at
        return self.seconds > QUICK_SECONDS and age < lasting


def start_facets(app: FastAPI, resources: Resources) -> Mapping[str, Loop]:
    """Give the process its facets; the loop that keeps those of the whole graph current."""
    kept: Kept[Wanted, Current] = Kept(Current, 32)
    app.state.facets = kept

    async def refresh(graph: Graph) -> None:
        await asyncio.to_thread(kept.get(EVERYTHING).refresh, graph)

    return {"facets": repeated(app, refresh)}


def facets_for(request: Request, wanted: Wanted) -> Current:
    """The facets of a filter."""
    kept: Kept[Wanted, Current] = request.app.state.facets
    return kept.get(wanted)
