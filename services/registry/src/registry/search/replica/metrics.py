"""Metrics of the catalogue in memory: how large it is, and how far behind the tables."""

from __future__ import annotations

import math
import time

from prometheus_client import CollectorRegistry, Counter, Gauge

from registry.search.catalogue.catalogue import Catalogue


class CatalogueMetrics:
    """Those of one replica."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._read_at = -math.inf
        self._entries = Gauge(
            "mergehub_catalogue_entries",
            "Entries of the catalogue in memory, former ones included",
            registry=registry,
        )
        self._changes = Counter(
            "mergehub_catalogue_changes", "Changes that the catalogue in memory has applied",
            registry=registry,
        )  # fmt: skip
        behind = Gauge(
            "mergehub_catalogue_behind_seconds",
            "How long ago the catalogue in memory was up to date with the tables",
            registry=registry,
        )
        behind.set_function(self.behind_seconds)

    def behind_seconds(self) -> float:
        """How long ago the log was read to its end; infinite before the first load."""
        return time.monotonic() - self._read_at

    def applied(self, changes: int) -> None:
        self._changes.inc(changes)

    def looked(self, catalogue: Catalogue) -> None:
        """Note that the log was read to its end."""
        self._read_at = time.monotonic()
        self._entries.set(catalogue.size)
