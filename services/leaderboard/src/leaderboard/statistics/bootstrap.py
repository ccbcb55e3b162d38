"""The mean of differences by item, with an interval from resampled items; seeded."""

from __future__ import annotations

import math
import statistics
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from leaderboard.statistics.intervals import ALPHA, Estimate, normal
from leaderboard.statistics.student import t

Numbers = NDArray[np.float64]

REPLICATES = 10_000
DRAWS = 20_000_000
"""At most so many items are drawn; with more items there are fewer replicates."""

ENOUGH = 1_000
"""From so many items on, the resampled mean is as good as normal, which costs nothing."""

FEW_VALUES = 32
"""So many different values are resampled by how often each occurs, not one by one."""


def replicates(differences: Numbers, seed: int) -> Numbers:
    """Means of resamples with replacement, sorted.

    B. Efron (1979), Annals of Statistics 7, 1-26.
    """
    random, count = np.random.default_rng(seed), len(differences)
    values, occurrences = np.unique(differences, return_counts=True)
    if len(values) <= FEW_VALUES:
        drawn = random.multinomial(count, occurrences / count, size=REPLICATES)
        return np.sort(drawn @ values / count)
    size = min(REPLICATES, max(1_000, DRAWS // count))
    picked = random.integers(0, count, size=(size, count), dtype=np.int32)
    return np.sort(differences[picked].mean(axis=1))


def mean(differences: Numbers, seed: int, alpha: float = ALPHA) -> Estimate:
    """The mean of at least two differences, with its interval at one level; see `Resampled`."""
    return Resampled(differences, seed).mean(alpha)


class Resampled:
    """Some differences that are resampled once, for intervals of their mean at any level."""

    def __init__(self, differences: Numbers, seed: int) -> None:
        self._differences, self._seed = differences, seed

    @cached_property
    def _replicates(self) -> tuple[Numbers, Numbers]:
        """Of the differences, and of their negatives."""
        one, other = self._differences, -self._differences
        return replicates(one, self._seed), replicates(other, self._seed)

    def mean(self, alpha: float = ALPHA) -> Estimate:
        """The mean of at least two differences, with its interval.

        It is the percentile interval with its ends moved outwards, since resamples of n items vary
        less than samples by √((n - 1)/n), and their error is estimated:

            α' = Φ(-√(n / (n - 1)) · t(1 - α/2; n - 1))

        Both the differences and their negatives are resampled, so that swapping the two models
        turns the interval around exactly. T. Hesterberg (2015), The American Statistician 69,
        371-386, 5.2.
        """
        value, count = float(self._differences.mean()), len(self._differences)
        if count >= ENOUGH:
            error = float(self._differences.std(ddof=1)) / math.sqrt(count)
            return normal(value, error, alpha)
        reach = math.sqrt(count / (count - 1)) * t(alpha, count - 1)
        tail = statistics.NormalDist().cdf(-reach)
        one, other = (np.quantile(each, [tail, 1 - tail]) for each in self._replicates)
        low, high = (one - other[::-1]) / 2
        return Estimate(value, min(value, float(low)), max(value, float(high)))
