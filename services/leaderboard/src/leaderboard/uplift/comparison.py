"""A model compared with its parents, in one setting and in the mean of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leaderboard import statistics
from leaderboard.statistics import Estimate


@dataclass(frozen=True)
class Measured:
    """A score, with its item scores if they are known."""

    estimate: Estimate
    items: Mapping[str, float]


@dataclass(frozen=True)
class Comparison:
    """The other side's score and the difference to it; `items` is 0 if it is not paired."""

    score: Estimate
    difference: Estimate
    paired: bool
    items: int


@dataclass(frozen=True)
class Comparisons:
    """The model against each parent by name, the best ingredient and the ingredients' mean."""

    score: Estimate
    parents: Mapping[str, Comparison]
    best: str | None
    mean: Comparison | None


def compare(model: Measured, others: Sequence[Measured]) -> Comparison:
    """`model` minus the mean of `others`: paired if all have item scores in common."""
    score = statistics.mean([other.estimate for other in others])
    paired = statistics.paired_difference(model.items, [other.items for other in others])
    if paired is None:
        return Comparison(score, statistics.difference(model.estimate, score), False, 0)
    return Comparison(score, paired[0], True, paired[1])


def in_one_setting(
    model: Measured, parents: Mapping[str, Measured], ingredients: Sequence[str]
) -> Comparisons:
    """The comparisons in a setting in which `parents` have scores."""
    compared = {name: compare(model, [parent]) for name, parent in parents.items()}
    whole = bool(ingredients) and parents.keys() >= set(ingredients)
    mean = compare(model, [parents[name] for name in ingredients]) if whole else None
    return Comparisons(model.estimate, compared, _best(compared, ingredients), mean)


def in_the_mean(settings: Sequence[Comparisons], ingredients: Sequence[str]) -> Comparisons:
    """The mean of comparisons that all have the same parents."""
    parents = {
        name: _average([each.parents[name] for each in settings]) for name in settings[0].parents
    }
    means = [each.mean for each in settings if each.mean is not None]
    return Comparisons(
        statistics.mean([each.score for each in settings]),
        parents,
        _best(parents, ingredients),
        _average(means) if len(means) == len(settings) else None,
    )


def _average(comparisons: Sequence[Comparison]) -> Comparison:
    return Comparison(
        statistics.mean([each.score for each in comparisons]),
        statistics.mean([each.difference for each in comparisons]),
        all(each.paired for each in comparisons),
        sum(each.items for each in comparisons),
    )


def _best(compared: Mapping[str, Comparison], ingredients: Sequence[str]) -> str | None:
    """The ingredient with the highest score, if all of them have one."""
    if not ingredients or not compared.keys() >= set(ingredients):
        return None
    return max(sorted(ingredients), key=lambda name: compared[name].score.value)
