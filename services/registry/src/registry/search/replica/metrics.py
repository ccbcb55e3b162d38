"""What is counted of the catalogue in memory."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from mergehub.kit.replica.metrics import ReplicaMetrics
from registry.search.catalogue.catalogue import Catalogue


def catalogue_metrics(registry: CollectorRegistry) -> ReplicaMetrics[Catalogue]:
    """The metrics of a replica of the catalogue."""
    about = "Entries of the catalogue in memory, former ones included"
    sizes = {"entries": (about, _entries)}
    return ReplicaMetrics(registry, "catalogue", "the catalogue", sizes)


def _entries(catalogue: Catalogue) -> int:
    return catalogue.size
