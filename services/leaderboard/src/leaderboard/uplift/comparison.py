"""A model compared with its parents, in one setting and in the mean of several."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leaderboard.statistics import differences, families, intervals
from leaderboard.statistics.differences import Difference, Items
from leaderboard.statistics.families import Verdict
from leaderboard.statistics.intervals import ALPHA, Estimate
from leaderboard.uplift.measuring import Score


@dataclass(frozen=True)
class Measured:
    """A score, with its item scores if they are known."""

    score: Score
    items: Items


@dataclass(frozen=True)
class Comparison:
    """The other side's score, the difference to it, and the precision that it was measured in.

    `precision` is None for a mean of several.
    """

    score: Estimate
    difference: Difference
    precision: str | None


@dataclass(frozen=True)
class Comparisons:
    """The model against each parent by name, the best ingredient and the ingredients' mean."""

    score: Estimate
    parents: Mapping[str, Comparison]
    best: str | None
    mean: Comparison | None


@dataclass(frozen=True)
class Judged:
    """A difference as one of a family: its interval and p-value by Holm's procedure."""

    estimate: Estimate
    p: float

    @property
    def verdict(self) -> Verdict:
        return families.verdict(self.estimate)


def judge(several: Sequence[Sequence[Difference]]) -> list[list[Judged]]:
    """Judge the differences of each family: those to one other on all benchmarks.

    Those without a known error are judged by none, and are no clear difference. The usual interval
    of each is computed before, in a pass of its own, as p-values may follow from it.
    """
    differences.p_at_once([each for family in several for each in family])
    levels = [_levels(family) for family in several]
    asked = [(each, alpha) for family in levels for each, (alpha, _) in family]
    estimates = iter(differences.at_once(asked))
    return [[Judged(next(estimates), p) for _, (_, p) in family] for family in levels]


def _levels(family: Sequence[Difference]) -> list[tuple[Difference, tuple[float, float]]]:
    """The alpha of each interval, and the adjusted p-value; NaN if it is unknown."""
    p_values = [each.p for each in family if not math.isnan(each.p)]
    known = zip(families.alphas(p_values), families.adjusted(p_values), strict=True)
    return [(each, (ALPHA, math.nan) if math.isnan(each.p) else next(known)) for each in family]


def compare(model: Measured, others: Sequence[Measured]) -> Comparison:
    """`model` minus the mean of `others`: paired if all have item scores in common."""
    score = intervals.mean([other.score.at(ALPHA) for other in others])
    sides = [(other.score.at, other.items) for other in others]
    precisions = {other.score.precision for other in others}
    return Comparison(
        score,
        differences.between(model.score.at, model.items, sides),
        precisions.pop() if len(precisions) == 1 else None,
    )


def in_one_setting(
    model: Measured, parents: Mapping[str, Measured], ingredients: Sequence[str]
) -> Comparisons:
    """The comparisons in a setting in which `parents` have scores."""
    compared = {name: compare(model, [parent]) for name, parent in parents.items()}
    whole = bool(ingredients) and parents.keys() >= set(ingredients)
    mean = compare(model, [parents[name] for name in ingredients]) if whole else None
    return Comparisons(model.score.at(ALPHA), compared, _best(compared, ingredients), mean)


def in_the_mean(settings: Sequence[Comparisons], ingredients: Sequence[str]) -> Comparisons:
    """The mean of comparisons that all have the same parents."""
    if len(settings) == 1:
        return settings[0]
    parents = {
        name: _average([each.parents[name] for each in settings]) for name in settings[0].parents
    }
    means = [each.mean for each in settings if each.mean is not None]
    return Comparisons(
        intervals.mean([each.score for each in settings]),
        parents,
        _best(parents, ingredients),
        _average(means) if len(means) == len(settings) else None,
    )


def _average(comparisons: Sequence[Comparison]) -> Comparison:
    precisions = {each.precision for each in comparisons}
    return Comparison(
        intervals.mean([each.score for each in comparisons]),
        differences.mean([each.difference for each in comparisons]),
        precisions.pop() if len(precisions) == 1 else None,
    )


def _best(compared: Mapping[str, Comparison], ingredients: Sequence[str]) -> str | None:
    """The ingredient with the highest score, if all of them have one."""
    if not ingredients or not compared.keys() >= set(ingredients):
        return None
    return max(sorted(ingredients), key=lambda name: compared[name].score.value)
