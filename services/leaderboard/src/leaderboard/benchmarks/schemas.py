"""The responses about benchmarks."""

from __future__ import annotations

from mergehub.contracts.messages import Answer
from mergehub.kit.paging.pages import Page


class Benchmark(Answer):
    """Scores are comparable within one name, version and metric; `items` is a full run's size."""

    name: str
    version: str
    metric: str
    subtask: str
    items: int | None


class BenchmarkPage(Page[Benchmark]):
    """Sorted by name."""
