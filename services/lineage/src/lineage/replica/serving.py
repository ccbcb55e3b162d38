"""The graph for requests. While it loads, they wait a little and then get a 503 problem."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from lineage.memory.graph import Graph
from lineage.replica.replica import Replica
from mergehub.kit.background.resources import Resources
from mergehub.kit.problems.problem import Problem
from mergehub.kit.replica.heap import LARGE, give_back
from mergehub.kit.telemetry.loops import Loop, turned

PATIENCE_SECONDS = 5.0
GLANCE_SECONDS = 1.0
PAUSE_SECONDS = 1.0
HEAP_PAUSE_SECONDS = 5.0  # to give back memory takes some milliseconds
FIRST_SECONDS = 600.0
SILENT_SECONDS = 60.0  # a replica that has not read the log for so long is out of date


class GraphLoading(Problem):
    """The service has just started and is still reading the graph from the database."""

    status, code, title = 503, "graph-loading", "The graph is being loaded"
    remedy = "Send the request again after the seconds in `Retry-After`."


def start_replica(app: FastAPI, resources: Resources) -> Mapping[str, Loop]:
    """Give the process a replica of the graph; the loops that keep it current, and memory low."""
    app.state.replica = Replica(resources)
    return {
        "graph": app.state.replica.run,
        "heap": repeated(app, _give_back, HEAP_PAUSE_SECONDS),
    }


def repeated(
    app: FastAPI, act: Callable[[Graph], Awaitable[object]], pause: float = PAUSE_SECONDS
) -> Loop:
    """The loop that does something with the present graph, with a pause between.

    So requests find done what most of them need.
    """

    async def run() -> None:
        while True:
            turned(FIRST_SECONDS)
            graph = replica_of(app).graph
            if graph is not None:
                await act(graph)
            turned()
            await asyncio.sleep(pause)

    return run


async def _give_back(_: Graph) -> None:
    await asyncio.to_thread(give_back, LARGE)


def replica_of(app: FastAPI) -> Replica:
    """The replica of the graph in this process."""
    replica: Replica = app.state.replica
    return replica


async def graph_fault(app: FastAPI) -> str | None:
    """Why questions about the graph have no answer, or none of today; None if they have."""
    replica = replica_of(app)
    if await replica.loaded(GLANCE_SECONDS) is None:
        return "graph: the service is reading it from the database."
    seconds = replica.silent_seconds()
    if seconds > SILENT_SECONDS:
        return f"graph: it has not followed the database for {seconds:.0f} seconds."
    return None


async def graph_of(request: Request) -> Graph:
    """The present state of the graph. Raises GraphLoading."""
    replica = replica_of(request.app)
    graph = replica.graph or await replica.loaded(PATIENCE_SECONDS)
    if graph is None:
        raise GraphLoading(
            "The service is reading the graph from the database.", headers={"Retry-After": "2"}
        )
    return graph


InMemory = Annotated[Graph, Depends(graph_of)]
"""The present state of the graph. The operation declares GraphLoading in `responses=`."""
