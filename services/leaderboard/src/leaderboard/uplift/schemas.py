"""The responses about the uplift of one merge."""

from __future__ import annotations

from leaderboard.results.schemas import Setting
from leaderboard.statistics.differences import Method
from leaderboard.statistics.families import Verdict
from mergehub.contracts.messages import Answer


class Interval(Answer):
    """A value and the ends of its 95 % interval; null if its error is unknown."""

    value: float
    low: float | None
    high: float | None


class Parent(Answer):
    """A parent by lineage; `measured`: it has a result that is comparable with the model's."""

    model: str
    role: str
    relation: str
    weight: float | None
    measured: bool


class Difference(Answer):
    """The model's score minus another, with its interval and p-value.

    `method`: `mcnemar` (item by item, each right or wrong), `paired-bootstrap` (item by item, from
    all resamples of the items; none is drawn) or `unpaired` (between two independent scores).
    `items` is the number of common items.

    The model is compared with the other on several benchmarks, and some differences look clear
    by chance. `in_family` and `p_in_family` allow for that (Holm-Bonferroni), and the `verdict`
    says whether zero is inside of `in_family`. `reason`: why nothing can be clear.
    """

    difference: Interval
    p: float | None
    in_family: Interval
    p_in_family: float | None
    verdict: Verdict
    reason: str | None
    method: Method
    paired: bool
    items: int


class Comparison(Difference):
    """The other's score, and the difference to it.

    `precision` is the one that the other was measured in; null if there are several.
    """

    score: Interval
    precision: str | None


class ParentComparison(Comparison):
    """`roles`: what the parent was in the merge (base, ingredient or both)."""

    model: str
    roles: list[str]


class Comparisons(Answer):
    """The model against its parents, the best ingredient, and the mean of all ingredients.

    Parents without a comparable result are left out; best and mean need every ingredient.
    """

    score: Interval
    parents: list[ParentComparison]
    best_parent: ParentComparison | None
    parents_mean: Comparison | None


class BenchmarkUplift(Comparisons, Setting):
    """Uplift on one benchmark."""


class MeanUplift(Comparisons):
    """Uplift of the plain mean over the settings (`over`) that all measured parents have."""

    over: list[Setting]


class DomainUplift(MeanUplift):
    """Likewise over the benchmarks of one domain."""

    domain: str


class Uplift(Answer):
    """A merge against its parents; `precision`: of the model's results, mostly."""

    model: str
    precision: str
    merged: bool
    method: str | None
    parents: list[Parent]
    benchmarks: list[BenchmarkUplift]
    domains: list[DomainUplift]
    mean: MeanUplift | None
