"""What is told of benchmarks."""

from __future__ import annotations

from mergehub.contracts.messages import Answer


class Benchmark(Answer):
    """Scores are comparable within one name, version and metric. `items`: a full run's size."""

    name: str
    version: str
    metric: str
    items: int


class BenchmarkPage(Answer):
    items: list[Benchmark]
    next_cursor: str | None
