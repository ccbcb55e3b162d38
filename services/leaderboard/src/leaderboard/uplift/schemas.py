"""The responses about uplift."""

from __future__ import annotations

from leaderboard.results.schemas import Estimate, Setting
from mergehub.contracts.messages import Answer


class Parent(Answer):
    """A parent by lineage; `measured`: it has a result that is comparable with the model's."""

    model: str
    role: str
    relation: str
    weight: float | None
    measured: bool


class Comparison(Answer):
    """The other's score, and the model's score minus it.

    `paired`: the difference was taken item by item, over `items` common items. Otherwise it is
    the difference of two independent scores, and `items` is 0.
    """

    score: Estimate
    difference: Estimate
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
