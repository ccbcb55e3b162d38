"""The mean of differences by item, with an interval from all resamples; none is drawn."""

from __future__ import annotations

import math
import statistics
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from leaderboard.statistics.intervals import ALPHA, Estimate, normal
from leaderboard.statistics.student import t

Numbers = NDArray[np.float64]

ENOUGH = 1_000
"""From so many items on, the resampled mean is as good as normal, which costs nothing."""

POINTS = 4096
"""The sums of a resample lie on a grid of so many points."""
REACH = 10
"""The grid reaches so many standard errors of the sum to each side of it."""
DIGITS = 12
"""Differences that agree in so many decimals are one value: thirds are not exact."""
NOISE = 1e-14
"""What the transform leaves where a probability is 0, at most."""


def mean(differences: Numbers, alpha: float = ALPHA) -> Estimate:
    """The mean of at least two differences, with its interval at one level; see `Resampled`."""
    return Resampled(differences).mean(alpha)


class Resampled:
    """Some differences that are resampled once, for intervals of their mean at any level."""

    def __init__(self, differences: Numbers) -> None:
        self._differences = differences
        self._value = float(differences.mean())

    @cached_property
    def _range(self) -> tuple[float, float]:
        rounded = np.round(self._differences, DIGITS)
        return float(rounded.min()), float(rounded.max())

    @cached_property
    def _ends(self) -> tuple[Numbers, Numbers, Numbers]:
        """The means of resamples; the share of those up to each, and of those from each on."""
        places, shares = means(self._differences)
        return places, np.cumsum(shares), np.cumsum(shares[::-1])[::-1]

    @cached_property
    def _error(self) -> float:
        return float(self._differences.std(ddof=1)) / math.sqrt(len(self._differences))

    def mean(self, alpha: float = ALPHA) -> Estimate:
        """The mean of at least two differences, with its interval.

        It is the percentile interval of all resamples (B. Efron 1979, Annals of Statistics 7, 1-26)
        with its ends moved outwards, since resamples of n items vary less than samples by
        √((n - 1)/n), and their error is estimated:

            α' = Φ(-√(n / (n - 1)) · t(1 - α/2; n - 1))

        Swapping the two models turns it around. T. Hesterberg (2015), The American Statistician
        69, 371-386, 5.2.
        """
        value, count = self._value, len(self._differences)
        if count >= ENOUGH:
            return normal(value, self._error, alpha)
        least, most = self._range
        if least == most:
            return Estimate(value, value, value)
        reach = math.sqrt(count / (count - 1)) * t(alpha, count - 1)
        low, high = self._between(statistics.NormalDist().cdf(-reach))
        return Estimate(value, min(value, max(least, low)), max(value, min(most, high)))

    def _between(self, tail: float) -> tuple[float, float]:
        """The lowest mean that more than `tail` of resamples do not exceed, and the highest."""
        places, below, above = self._ends
        low = float(places[np.searchsorted(below, tail)])
        high = float(places[::-1][np.searchsorted(above[::-1], tail)])
        return low, high


def means(differences: Numbers) -> tuple[Numbers, Numbers]:
    """The means that resamples with replacement have, ascending, and the probability of each.

    A resample is n independent items, each one of the n differences. So the characteristic
    function of its sum is that of one item to the power of n, and the inverse Fourier transform
    gives the probabilities that drawing more and more resamples approaches.
    """
    count = len(differences)
    values, occurrences = np.unique(np.round(differences, DIGITS), return_counts=True)
    step = _step(values, float(differences.std()) * math.sqrt(count))
    one = _on_grid(values / step, occurrences / count)
    sums = np.fft.irfft(_power(np.fft.rfft(one), count), POINTS)
    first = round(float(values @ occurrences) / step) - POINTS // 2
    shares = np.roll(sums, -(first % POINTS)).astype(np.float64)
    shares[shares < NOISE] = 0
    places: Numbers = np.arange(first, first + POINTS, dtype=np.float64)
    return places * (step / count), shares


def _step(values: Numbers, error: float) -> float:
    """The width of the grid; where it can, it has all values of a lattice such as thirds."""
    widest = 2 * REACH * error / POINTS
    gap = float(np.diff(np.union1d(values, 0.0)).min())
    return gap / math.ceil(gap / widest) if gap > widest else widest


def _on_grid(places: Numbers, shares: Numbers) -> Numbers:
    """Shares on the grid, which goes in a circle; one between two points counts for both."""
    whole = np.floor(places)
    part, at = places - whole, whole.astype(np.int64)
    low = np.bincount(at % POINTS, shares * (1 - part), POINTS)
    high = np.bincount((at + 1) % POINTS, shares * part, POINTS)
    return (low + high).astype(np.float64)


def _power(base: NDArray[np.complex128], exponent: int) -> NDArray[np.complex128]:
    """`base` to the power of `exponent`, by squares."""
    found = np.ones_like(base)
    while exponent:
        if exponent % 2:
            found = found * base
        base, exponent = base * base, exponent // 2
    return found
