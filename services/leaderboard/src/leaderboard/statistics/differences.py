"""The difference between two models: by item where both have item scores, else between scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain
from typing import Literal

import numpy as np

from leaderboard.statistics import bootstrap, intervals, mcnemar
from leaderboard.statistics.bootstrap import Numbers
from leaderboard.statistics.families import level
from leaderboard.statistics.intervals import ALPHA, Estimate
from leaderboard.statistics.shared_items import ItemsOfSet, aligned, right_in

Method = Literal["mcnemar", "paired-bootstrap", "unpaired"]
Interval = Callable[[float], Estimate]
"""A value with its interval at an alpha."""

Items = Mapping[str, float]


@dataclass(frozen=True)
class Difference:
    """One model minus another, or minus the mean of several; `items` is 0 if it is unpaired.

    - `interval`: the difference with its interval at an alpha.
    - `counts`: of McNemar's tests, if it is one or a mean of some.
    - `test`: the better and the worse items, if it is one; else its p-value follows from the
      interval.
    """

    method: Method
    items: int
    interval: Interval
    counts: Sequence[mcnemar.Counts] = ()
    test: tuple[int, int] | None = None

    @cached_property
    def estimate(self) -> Estimate:
        """The difference with its usual interval."""
        return self.interval(ALPHA)

    @cached_property
    def p(self) -> float:
        return level(self.estimate) if self.test is None else mcnemar.exact_p(*self.test)

    def at(self, alpha: float) -> Estimate:
        """The difference with its interval at an alpha."""
        return self.estimate if alpha == ALPHA else self.interval(alpha)


def between(
    one: Interval, one_items: Items, others: Sequence[tuple[Interval, Items]]
) -> Difference:
    """`one` minus the mean of `others`: paired if all have at least two item scores in common.

    An item's difficulty cancels out in a pair, so its interval is narrower than that of two
    independent scores. E. Miller (2024), Adding Error Bars to Evals, arXiv:2411.00640, section 4.
    """
    if not one_items or not all(items for _, items in others):
        return _unpaired(one, [score for score, _ in others])
    own, *theirs = aligned([one_items, *(items for _, items in others)])
    if len(own) < 2:
        return _unpaired(one, [score for score, _ in others])
    marks = [each.right for each in theirs if each.right is not None]
    if own.right is None or len(marks) < len(theirs):
        return _bootstrap(*_plain(own, theirs))
    if len(marks) == 1:
        return _mcnemar(own.right, marks[0], len(own))
    return _bootstrap(*_counted(own.right, marks, len(own)))


def p_at_once(several: Sequence[Difference]) -> None:
    """Compute what the p-values need, in one pass."""
    mcnemar.keep([(counts, ALPHA) for each in several for counts in each.counts])
    mcnemar.keep_p([each.test for each in several if each.test is not None])


def at_once(asked: Sequence[tuple[Difference, float]]) -> list[Estimate]:
    """The interval of each difference at its alpha; those of McNemar's tests in one pass."""
    mcnemar.keep([(counts, alpha) for each, alpha in asked for counts in each.counts])
    return [each.at(alpha) for each, alpha in asked]


def mean(differences: Sequence[Difference], weights: Sequence[float] | None = None) -> Difference:
    """The mean of independent differences; paired if all of them are.

    `weights` add up to 1; without them, all count the same.
    """
    shares = weights or [1 / len(differences)] * len(differences)

    def interval(alpha: float) -> Estimate:
        return intervals.combine(
            [(share, each.at(alpha)) for share, each in zip(shares, differences, strict=True)]
        )

    methods = {each.method for each in differences}
    method: Method = "unpaired" if "unpaired" in methods else "paired-bootstrap"
    if len(methods) == 1:
        method = differences[0].method
    items, counts = sum(each.items for each in differences), [each.counts for each in differences]
    return Difference(method, items, interval, [*chain.from_iterable(counts)])


def _unpaired(one: Interval, others: Sequence[Interval]) -> Difference:
    def interval(alpha: float) -> Estimate:
        return intervals.difference(one(alpha), intervals.mean([each(alpha) for each in others]))

    return Difference("unpaired", 0, interval)


def _mcnemar(own: int, theirs: int, items: int) -> Difference:
    """The difference between the items that are right, as bits."""
    better, worse = (own & ~theirs).bit_count(), (theirs & ~own).bit_count()
    counts = mcnemar.Counts(better, worse, items)
    interval = partial(mcnemar.difference, *counts)
    return Difference("mcnemar", items, interval, [counts], (better, worse))


def _bootstrap(values: Numbers, occurrences: Numbers) -> Difference:
    resampled = bootstrap.Resampled(values, occurrences)
    return Difference("paired-bootstrap", int(occurrences.sum()), resampled.mean)


def _plain(own: ItemsOfSet, theirs: Sequence[ItemsOfSet]) -> tuple[Numbers, Numbers]:
    """The difference to the mean on each item, once."""
    values = own.scores - np.array([each.scores for each in theirs]).mean(axis=0)
    return values, np.ones(len(own))


def _counted(own: int, theirs: Sequence[int], items: int) -> tuple[Numbers, Numbers]:
    """The differences that there can be to the mean of several, and on how many items they are.

    `own` and `theirs` are the items that are right, as bits.
    """
    exactly = right_in(theirs, items)
    shares = np.arange(len(exactly)) / len(theirs)
    right = [(own & each).bit_count() for each in exactly]
    wrong = [(~own & each).bit_count() for each in exactly]
    return np.concatenate([1 - shares, -shares]), np.array([*right, *wrong], np.float64)
