"""What is counted of the facts in memory."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from leaderboard.memory.facts import Facts
from mergehub.kit.replica.metrics import ReplicaMetrics


def facts_metrics(registry: CollectorRegistry) -> ReplicaMetrics[Facts]:
    """The metrics of a replica of the facts."""
    sizes = {
        "models": ("Models of the leaderboard in memory", _models),
        "results": ("Current results in memory", _results),
    }
    return ReplicaMetrics(registry, "facts", "the leaderboard", sizes)


def _models(facts: Facts) -> int:
    return len(facts.models)


def _results(facts: Facts) -> int:
    return sum(len(scores) for scores in facts.scores)
