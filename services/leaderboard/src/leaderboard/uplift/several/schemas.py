"""The response that compares several models."""

from __future__ import annotations

from leaderboard.uplift.schemas import Difference, Interval
from mergehub.contracts.messages import Answer


class ComparedModel(Answer):
    """One of the models, in the precision in which it is compared; empty if that is unknown.

    `listed`: it has a row on the board.
    """

    model: str
    precision: str
    merged: bool
    method: str | None
    listed: bool


class ComparedScore(Interval):
    """A score in points of the board, and the result that it comes from; `raw` on its own scale."""

    raw: float
    source: str
    result: int


class BenchmarkComparison(Answer):
    """`scores` and `differences` have one for each model, in their order; null: not measured.

    A difference is the model's score minus that of the first model, in points of the board.
    """

    benchmark: str
    title: str
    domains: list[str]
    weight: float
    scores: list[ComparedScore | None]
    differences: list[Difference | None]


class MeanComparison(Answer):
    """The mean over some benchmarks, for models that have all of them."""

    benchmarks: list[str]
    scores: list[Interval | None]
    differences: list[Difference | None]


class DomainComparison(MeanComparison):
    """Likewise over the benchmarks of one domain."""

    domain: str


class ModelComparison(Answer):
    """Models on a board, each compared with the first.

    The differences of one model over all benchmarks are a family, and those over all domains.
    """

    board: str
    as_of: int
    models: list[ComparedModel]
    benchmarks: list[BenchmarkComparison]
    domains: list[DomainComparison]
    mean: MeanComparison
