"""The responses about uplift."""

from __future__ import annotations

from leaderboard.results.schemas import Estimate, Setting
from leaderboard.statistics.differences import Method
from leaderboard.statistics.families import Verdict
from mergehub.contracts.messages import Answer


class Parent(Answer):
    """A parent by lineage; `measured`: it has a result that is comparable with the model's."""

    model: str
    role: str
    relation: str
    weight: float | None
    measured: bool


class Comparison(Answer):
    """The other's score, and the model's score minus it, with its interval and p-value.

    `method`: `mcnemar` (item by item, each right or wrong), `paired-bootstrap` (item by item) or
    `unpaired` (between two independent scores). `items` is the number of common items.

    The model is compared with the other on several benchmarks, and some differences look clear
    by chance. `in_family` and `p_in_family` allow for that (Holm-Bonferroni), and the `verdict`
    says whether zero is inside of `in_family`.
    """

    score: Estimate
    difference: Estimate
    p: float
    in_family: Estimate
    p_in_family: float
    verdict: Verdict
    method: Method
    paired: bool
    items: int


class ParentComparison(Comparison):
    """`roles`: what the parent was in the merge (base, ingredient or both)."""

    model: str
    roles: list[str]


class Comparisons(Answer):
    """The model against its parents, the best ingredient, and the mean of all ingredients.

    Parents without a comparable result are left out; best and mean need every ingredient.
    """

    score: Estimate
    parents: list[ParentComparison]
    best_parent: ParentComparison | None
    parents_mean: Comparison | None


class BenchmarkUplift(Comparisons, Setting):
    """Uplift on one benchmark."""


class MeanUplift(Comparisons):
    """Uplift of the plain mean over the settings (`over`) that all measured parents have."""

    over: list[Setting]


class Uplift(Answer):
    model: str
    merged: bool
    method: str | None
    parents: list[Parent]
    benchmarks: list[BenchmarkUplift]
    mean: MeanUplift | None
