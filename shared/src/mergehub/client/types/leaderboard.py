"""Bodies of the leaderboard. Written by `make documents`."""

from __future__ import annotations

from typing import Literal, TypedDict


class Ablation(TypedDict):
    """What one run measured; `model` is null if no run has written that merge."""

    run: str
    model: str | None
    recipe_digest: str
    method: str
    harness: str
    created_at: str
    candidates: list[Candidate]


class AblationPage(TypedDict):
    """Newest first."""

    items: list[Ablation]
    next_cursor: str | None


class Benchmark(TypedDict):
    """Scores are comparable within one name, version and metric; `items` is a full run's size."""

    name: str
    version: str
    metric: str
    items: int


class BenchmarkPage(TypedDict):
    """Sorted by name."""

    items: list[Benchmark]
    next_cursor: str | None


class BenchmarkUplift(TypedDict):
    """Uplift on one benchmark."""

    benchmark: str
    version: str
    metric: str
    shots: int
    score: Estimate
    parents: list[ParentComparison]
    best_parent: ParentComparison | None
    parents_mean: Comparison | None


class Board(TypedDict):
    name: str
    title: str
    summary: str


class BoardList(TypedDict):
    items: list[Board]


class BoardPage(TypedDict):
    """`columns` says which setting each column has; `ranked` counts the complete models."""

    items: list[Standing]
    next_cursor: str | None
    board: Board
    columns: list[Setting]
    ranked: int


class Bounded(TypedDict):
    """A value and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


class Candidate(TypedDict):
    """A merge that was scored: the whole if `without` is null, else the merge without a model."""

    without: str | None
    how: str
    model_digest: str
    results: list[CandidateScore]


class CandidateScore(TypedDict):
    """A candidate on one benchmark; `gain` is null for the whole merge."""

    benchmark: str
    version: str
    metric: str
    shots: int
    count: int
    limited: bool
    score: Bounded
    gain: Gain | None


class Comparison(TypedDict):
    """The other's score, and the model's score minus it, with its interval and p-value.

    `method`: `mcnemar` (item by item, each right or wrong), `paired-bootstrap` (item by item) or
    `unpaired` (between two independent scores). `items` is the number of common items.

    The model is compared with the other on several benchmarks, and some differences look clear
    by chance. `in_family` and `p_in_family` allow for that (Holm-Bonferroni), and the `verdict`
    says whether zero is inside of `in_family`."""

    score: Estimate
    difference: Estimate
    p: float
    in_family: Estimate
    p_in_family: float
    verdict: Literal["better", "worse", "no clear difference"]
    method: Literal["mcnemar", "paired-bootstrap", "unpaired"]
    paired: bool
    items: int


class Estimate(TypedDict):
    """A value and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


class Gain(TypedDict):
    """What the ingredient adds: the score of the whole merge minus that of the merge without it.

    `method`, `in_family` and `verdict` are as in the uplift of a model. A family is one ingredient
    on all benchmarks. `better`: the merge is better with the ingredient."""

    difference: Bounded
    p: float
    in_family: Bounded
    p_in_family: float
    verdict: Literal["better", "worse", "no clear difference"]
    method: Literal["mcnemar", "paired-bootstrap", "unpaired"]
    items: int


class MeanUplift(TypedDict):
    """Uplift of the plain mean over the settings (`over`) that all measured parents have."""

    score: Estimate
    parents: list[ParentComparison]
    best_parent: ParentComparison | None
    parents_mean: Comparison | None
    over: list[Setting]


class Parent(TypedDict):
    """A parent by lineage; `measured`: it has a result that is comparable with the model's."""

    model: str
    role: str
    relation: str
    weight: float | None
    measured: bool


class ParentComparison(TypedDict):
    """`roles`: what the parent was in the merge (base, ingredient or both)."""

    score: Estimate
    difference: Estimate
    p: float
    in_family: Estimate
    p_in_family: float
    verdict: Literal["better", "worse", "no clear difference"]
    method: Literal["mcnemar", "paired-bootstrap", "unpaired"]
    paired: bool
    items: int
    model: str
    roles: list[str]


class Rank(TypedDict):
    """The place by mean, and the best and the worst place that the intervals allow."""

    place: int
    best: int
    worst: int


class Result(TypedDict):
    """One result. `source` is `verified` if a worker of this hub measured it.

    `full`: the run had all items of the benchmark. Boards and comparisons need that."""

    benchmark: str
    version: str
    metric: str
    shots: int
    id: int
    model: str
    model_digest: str
    score: Estimate
    stderr: float
    count: int
    full: bool
    harness: str
    run: str
    source: Literal["verified"]
    created_at: str


class ResultPage(TypedDict):
    """Newest first."""

    items: list[Result]
    next_cursor: str | None


class Score(TypedDict):
    """A model's score on the board, from 0 to 100, and the points gained over its best ingredient.

    `score` is null if the model lacks a benchmark, and `uplift` if the model or one of its
    ingredients has no score, or if it is no merge."""

    model: str
    score: float | None
    uplift: float | None
    changed_at: str


class ScorePage(TypedDict):
    """Scores in the order in which they changed.

    Ask again with `after` = `next_after`, now or in a year. If `newest` is smaller than `after`,
    the board was restored from a backup: begin again at 0."""

    items: list[Score]
    next_after: int
    newest: int
    has_more: bool


class Setting(TypedDict):
    """The conditions that two scores must share to be compared."""

    benchmark: str
    version: str
    metric: str
    shots: int


class Standing(TypedDict):
    """A model on the board; `scores` and `missing` are by benchmark name.

    A model that lacks a benchmark has no mean and no rank, and comes after those that have both.
    `merged` and `method` come from lineage, not from the author's word."""

    rank: Rank | None
    model: str
    merged: bool
    method: str | None
    mean: Estimate | None
    scores: dict[str, Estimate]
    missing: list[str]


class Uplift(TypedDict):
    model: str
    merged: bool
    method: str | None
    parents: list[Parent]
    benchmarks: list[BenchmarkUplift]
    mean: MeanUplift | None


class Problem(TypedDict):
    """The body of every error answer. `code` is stable; `type` is the page that explains it."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldFault]


class FieldFault(TypedDict):
    """One fault in a request; `pointer` is a JSON pointer (RFC 6901) into it.

    `line`, from 1, is the line in a recipe's text, if it is known."""

    pointer: str
    code: str
    detail: str
    suggestion: str | None
    line: int | None
