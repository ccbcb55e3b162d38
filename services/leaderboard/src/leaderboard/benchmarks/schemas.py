"""The responses about benchmarks."""

from __future__ import annotations

from mergehub.contracts.messages import Answer
from mergehub.kit.paging.pages import Page


class BenchmarkMetric(Answer):
    """One way to count the answers. `baseline` is what a random guess is expected to score.

    `main`: the metric that boards rank by. `direction`: `higher` or `lower` scores are better.
    """

    metric: str
    title: str
    main: bool
    direction: str
    baseline: float | None


class BenchmarkVersion(Answer):
    """One way to run a benchmark; scores of different versions are never compared.

    - `tasks`: its names in lm-evaluation-harness. `shots`: worked examples in the prompt.
    - `items`: the size of a full run; null if no one knows it.
    """

    version: str
    tasks: list[str]
    shots: int | None
    items: int | None
    metrics: list[BenchmarkMetric]
    note: str | None


class Benchmark(Answer):
    """A benchmark with its versions, the preferred one first.

    - `defined`: it comes with the hub; others are known by their results alone.
    - `dataset`, `sources`: where its items and its rules are.
    - `results`: how many current results of full runs the hub has.
    """

    name: str
    title: str
    summary: str
    defined: bool
    domains: list[str]
    languages: list[str]
    dataset: str | None
    sources: list[str]
    versions: list[BenchmarkVersion]
    results: int


class BenchmarkPage(Page[Benchmark]):
    """Sorted by name."""
