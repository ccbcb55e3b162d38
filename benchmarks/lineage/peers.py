"""The same questions to networkx and to PostgreSQL alone."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

import asyncpg
import networkx as nx

from benchmarks.lineage.graph import Made

WALK = """
WITH RECURSIVE reached(id) AS (
  SELECT $1::bigint
  UNION SELECT edges.{there} FROM edges JOIN reached ON edges.{here} = reached.id
)
SELECT count(models.name) FROM reached JOIN models ON models.number = reached.id
"""
INDEX = "CREATE INDEX ON edges (parent, child)"  # of which only the query has need


def networkx_times(made: Made, sample: Sequence[int], hub: int) -> dict[str, float]:
    """Seconds: the median of ancestors and descendants, the hub's descendants, and the build."""
    started = time.perf_counter()
    graph = nx.DiGraph()
    graph.add_nodes_from(range(made.models))
    graph.add_edges_from(zip(made.parent.tolist(), made.child.tolist(), strict=True))
    build = time.perf_counter() - started
    return {
        "build": build,
        "ancestors": statistics.median(_timed(nx.ancestors, graph, each) for each in sample),
        "descendants": statistics.median(_timed(nx.descendants, graph, each) for each in sample),
        "hub": _timed(nx.descendants, graph, hub),
    }


def _timed(question: object, graph: nx.DiGraph, model: int) -> float:
    started = time.perf_counter()
    question(graph, model)  # type: ignore[operator]
    return time.perf_counter() - started


async def query_times(url: str, sample: Sequence[int], hub: int) -> dict[str, float]:
    """Seconds of plain recursive queries."""
    connection = await asyncpg.connect(url, server_settings={"search_path": "lineage"})
    try:
        await connection.execute(INDEX, timeout=300)
        up = await connection.prepare(WALK.format(here="child", there="parent"))
        down = await connection.prepare(WALK.format(here="parent", there="child"))
        return {
            "ancestors": statistics.median([await _asked(up, each) for each in sample]),
            "descendants": statistics.median([await _asked(down, each) for each in sample]),
            "hub": await _asked(down, hub),
        }
    finally:
        await connection.close()


async def _asked(query: asyncpg.prepared_stmt.PreparedStatement, model: int) -> float:
    started = time.perf_counter()
    await query.fetchval(model, timeout=300)
    return time.perf_counter() - started
