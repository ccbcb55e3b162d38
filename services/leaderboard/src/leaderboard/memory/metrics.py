"""Metrics of the facts in memory: how many they are, and how far behind the tables."""

from __future__ import annotations

import math
import time

from prometheus_client import CollectorRegistry, Counter, Gauge

from leaderboard.memory.facts import Facts


class FactsMetrics:
    """Those of one replica."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._read_at = -math.inf
        self._models = Gauge(
            "mergehub_facts_models", "Models of the leaderboard in memory", registry=registry
        )
        self._results = Gauge(
            "mergehub_facts_results", "Current results in memory", registry=registry
        )
        self._changes = Counter(
            "mergehub_facts_changes", "Changes that the results in memory have applied",
            registry=registry,
        )  # fmt: skip
        behind = Gauge(
            "mergehub_facts_behind_seconds",
            "How long ago the results in memory were up to date with the tables",
            registry=registry,
        )
        behind.set_function(self.behind_seconds)

    def behind_seconds(self) -> float:
        """How long ago the log was read to its end; infinite before the first load."""
        return time.monotonic() - self._read_at

    def applied(self, changes: int) -> None:
        self._changes.inc(changes)

    def looked(self, state: Facts) -> None:
        """Note that the log was read to its end."""
        self._read_at = time.monotonic()
        self._models.set(len(state.models))
        self._results.set(sum(len(scores) for scores in state.scores))
