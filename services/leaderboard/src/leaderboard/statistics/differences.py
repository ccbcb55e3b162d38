"""The difference between two models: by item where both have item scores, else between scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from typing import Literal

import numpy as np

from leaderboard.statistics import bootstrap, intervals, mcnemar
from leaderboard.statistics.families import level
from leaderboard.statistics.intervals import ALPHA, Estimate
from leaderboard.statistics.shared_items import aligned

Method = Literal["mcnemar", "paired-bootstrap", "unpaired"]
Interval = Callable[[float], Estimate]
"""A value with its interval at an alpha."""

Items = Mapping[str, float]


@dataclass(frozen=True)
class Difference:
    """One model minus another, or minus the mean of several; `items` is 0 if it is unpaired.

    `counts`: of McNemar's tests, if it is one or a mean of some.
    """

    method: Method
    items: int
    p: float
    at: Interval
    counts: Sequence[mcnemar.Counts] = ()

    @property
    def estimate(self) -> Estimate:
        return self.at(ALPHA)


def between(
    one: Interval, one_items: Items, others: Sequence[tuple[Interval, Items]]
) -> Difference:
    """`one` minus the mean of `others`: paired if all have at least two item scores in common.

    An item's difficulty cancels out in a pair, so its interval is narrower than that of two
    independent scores. E. Miller (2024), Adding Error Bars to Evals, arXiv:2411.00640, section 4.
    """
    if not one_items or not all(items for _, items in others):
        return _unpaired(one, [score for score, _ in others])
    own, *rest = aligned([one_items, *(items for _, items in others)])
    if len(own) < 2:
        return _unpaired(one, [score for score, _ in others])
    theirs = np.array(rest)
    if len(others) == 1 and _right_or_wrong(own) and _right_or_wrong(theirs):
        return _mcnemar(own, theirs[0])
    return _bootstrap(own - theirs.mean(axis=0))


def at_once(asked: Sequence[tuple[Difference, float]]) -> list[Estimate]:
    """The interval of each difference at its alpha; those of McNemar's tests in one pass."""
    mcnemar.keep([(counts, alpha) for each, alpha in asked for counts in each.counts])
    return [each.at(alpha) for each, alpha in asked]


def mean(differences: Sequence[Difference], weights: Sequence[float] | None = None) -> Difference:
    """The mean of independent differences; paired if all of them are.

    `weights` add up to 1; without them, all count the same.
    """
    shares = weights or [1 / len(differences)] * len(differences)

    @cache
    def at(alpha: float) -> Estimate:
        return intervals.combine(
            [(share, each.at(alpha)) for share, each in zip(shares, differences, strict=True)]
        )

    methods = {each.method for each in differences}
    method: Method = "unpaired" if "unpaired" in methods else "paired-bootstrap"
    if len(methods) == 1:
        method = differences[0].method
    items, counts = sum(each.items for each in differences), [each.counts for each in differences]
    return Difference(method, items, level(at(ALPHA)), at, [*chain.from_iterable(counts)])


def _unpaired(one: Interval, others: Sequence[Interval]) -> Difference:
    @cache
    def at(alpha: float) -> Estimate:
        return intervals.difference(one(alpha), intervals.mean([each(alpha) for each in others]))

    return Difference("unpaired", 0, level(at(ALPHA)), at)


def _mcnemar(own: bootstrap.Numbers, theirs: bootstrap.Numbers) -> Difference:
    better, worse, items = int((own > theirs).sum()), int((own < theirs).sum()), len(own)
    counts, p = mcnemar.Counts(better, worse, items), mcnemar.exact_p(better, worse)
    return Difference("mcnemar", items, p, partial(mcnemar.difference, *counts), [counts])


def _bootstrap(differences: bootstrap.Numbers) -> Difference:
    at = cache(bootstrap.Resampled(differences).mean)
    return Difference("paired-bootstrap", len(differences), level(at(ALPHA)), at)


def _right_or_wrong(scores: bootstrap.Numbers) -> bool:
    return bool(((scores == 0) | (scores == 1)).all())
