"""Metrics of the graph in memory: how large it is, and how far behind the tables."""

from __future__ import annotations

import math
import time

from prometheus_client import CollectorRegistry, Counter, Gauge

from lineage.memory.graph import Graph


class GraphMetrics:
    """Those of one replica."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._read_at = -math.inf
        self._models = Gauge(
            "mergehub_graph_models", "Models of the graph in memory", registry=registry
        )
        self._edges = Gauge(
            "mergehub_graph_edges", "Edges of the graph in memory", registry=registry
        )
        self._changes = Counter(
            "mergehub_graph_changes", "Changes that the graph in memory has applied",
            registry=registry,
        )  # fmt: skip
        behind = Gauge(
            "mergehub_graph_behind_seconds",
            "How long ago the graph in memory was up to date with the tables",
            registry=registry,
        )
        behind.set_function(self.behind_seconds)

    def behind_seconds(self) -> float:
        """How long ago the log was read to its end; infinite before the first load."""
        return time.monotonic() - self._read_at

    def applied(self, changes: int) -> None:
        self._changes.inc(changes)

    def looked(self, graph: Graph) -> None:
        """Note that the log was read to its end."""
        self._read_at = time.monotonic()
        self._models.set(int(graph.models.exists.sum()))
        self._edges.set(len(graph.edges.id) - len(graph.withdrawn))
