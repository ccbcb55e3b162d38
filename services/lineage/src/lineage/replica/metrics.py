"""What is counted of the graph in memory."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from lineage.memory.graph import Graph
from mergehub.kit.replica.metrics import ReplicaMetrics


def graph_metrics(registry: CollectorRegistry) -> ReplicaMetrics[Graph]:
    """The metrics of a replica of the graph."""
    sizes = {
        "models": ("Models of the graph in memory", _models),
        "edges": ("Edges of the graph in memory", _edges),
    }
    return ReplicaMetrics(registry, "graph", "the graph", sizes)


def _models(graph: Graph) -> int:
    return int(graph.models.exists.sum())


def _edges(graph: Graph) -> int:
    return len(graph.edges.id) - len(graph.withdrawn)
