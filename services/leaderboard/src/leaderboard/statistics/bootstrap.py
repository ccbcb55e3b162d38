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
"""The sums of a resample lie on a grid of so many points, or fewer if no sum is between them."""
REACH = 10
"""The grid reaches so many standard errors of the sum to each side of it."""
DIGITS = 12
"""Differences that agree in so many decimals are one value: thirds are not exact."""
CLOSE = 1e-9
"""A value that is so near to a point of the lattice is on it."""
NOISE = 1e-14
"""What the transform leaves where a probability is 0, at most."""


def mean(differences: Numbers, alpha: float = ALPHA) -> Estimate:
    """The mean of at least two differences, with its interval at one level; see `Resampled`."""
    return Resampled(differences, np.ones(len(differences))).mean(alpha)


class Resampled:
    """Some differences that are resampled once, for intervals of their mean at any level.

    `values` occur `occurrences` times; a value may be there several times.
    """

    def __init__(self, values: Numbers, occurrences: Numbers) -> None:
        self._values, self._occurrences = values, occurrences
        self._count = int(occurrences.sum())
        self._value = float((values * occurrences).sum()) / self._count

    @cached_property
    def _merged(self) -> tuple[Numbers, Numbers]:
        """Each value once, ascending, with how often it occurs."""
        some = self._occurrences > 0
        values, places = np.unique(np.round(self._values[some], DIGITS), return_inverse=True)
        return values, np.bincount(places, self._occurrences[some]).astype(np.float64)

    @cached_property
    def _ends(self) -> tuple[Numbers, Numbers, Numbers]:
        """The means of resamples; the share of those up to each, and of those from each on."""
        places, shares = means(*self._merged)
        return places, shares.cumsum(), shares[::-1].cumsum()[::-1]

    @cached_property
    def _error(self) -> float:
        spread = float((self._occurrences * (self._values - self._value) ** 2).sum())
        return math.sqrt(spread / (self._count - 1)) / math.sqrt(self._count)

    def mean(self, alpha: float = ALPHA) -> Estimate:
        """The mean of at least two differences, with its interval.

        It is the percentile interval of all resamples (B. Efron 1979, Annals of Statistics 7, 1-26)
        with its ends moved outwards, since resamples of n items vary less than samples by
        √((n - 1)/n), and their error is estimated:

            α' = Φ(-√(n / (n - 1)) · t(1 - α/2; n - 1))

        Swapping the two models turns it around. T. Hesterberg (2015), The American Statistician
        69, 371-386, 5.2.
        """
        value, count = self._value, self._count
        if count >= ENOUGH:
            return normal(value, self._error, alpha)
        values, _ = self._merged
        least, most = float(values[0]), float(values[-1])
        if least == most:
            return Estimate(value, value, value)
        reach = math.sqrt(count / (count - 1)) * t(alpha, count - 1)
        low, high = self._between(statistics.NormalDist().cdf(-reach))
        return Estimate(value, min(value, max(least, low)), max(value, min(most, high)))

    def _between(self, tail: float) -> tuple[float, float]:
        """The lowest mean that more than `tail` of resamples do not exceed, and the highest."""
        places, below, above = self._ends
        low = float(places[below.searchsorted(tail)])
        high = float(places[::-1][above[::-1].searchsorted(tail)])
        return low, high


def means(values: Numbers, occurrences: Numbers) -> tuple[Numbers, Numbers]:
    """The means that resamples with replacement have, ascending, and the probability of each.

    `values` are ascending, and at least two; each occurs a number of times.

    A resample is n independent items, each one of the n differences. So the characteristic
    function of its sum is that of one item to the power of n, and the inverse Fourier transform
    gives the probabilities that drawing more and more resamples approaches.
    """
    count, total = int(occurrences.sum()), float(values @ occurrences)
    error = math.sqrt(float(occurrences @ (values - total / count) ** 2))
    step, points = _grid(values, error)
    one = _on_grid(_places(values, step), occurrences / count, points)
    sums = np.fft.irfft(_power(np.fft.rfft(one), count), points)
    first = round(total / step) - points // 2
    shares = np.roll(sums, -(first % points)).astype(np.float64)
    shares[shares < NOISE] = 0
    places: Numbers = np.arange(first, first + points, dtype=np.float64)
    return places * (step / count), shares


def _grid(values: Numbers, error: float) -> tuple[float, int]:
    """The width of the grid and its points; where it can, it has all values of a lattice.

    If all values are on a lattice, such as thirds, all sums are, and it has their points alone.
    """
    widest = 2 * REACH * error / POINTS
    gap = min(float((values[1:] - values[:-1]).min()), float(np.abs(values[values != 0]).min()))
    if gap <= widest:
        return widest, POINTS
    if not (_places(values, gap) % 1).any():
        return gap, 1 << math.ceil(math.log2(2 * REACH * error / gap + 2))
    return gap / math.ceil(gap / widest), POINTS


def _places(values: Numbers, step: float) -> Numbers:
    """Where values are on a grid, in steps; thirds are not exact."""
    places = values / step
    near = np.round(places)
    found: Numbers = np.where(np.abs(places - near) < CLOSE, near, places)
    return found


def _on_grid(places: Numbers, shares: Numbers, points: int) -> Numbers:
    """Shares on the grid, which goes in a circle; one between two points counts for both."""
    whole = np.floor(places)
    part, at = places - whole, whole.astype(np.int64)
    low = np.bincount(at % points, shares * (1 - part), points)
    high = np.bincount((at + 1) % points, shares * part, points)
    return (low + high).astype(np.float64)


def _power(base: NDArray[np.complex128], exponent: int) -> NDArray[np.complex128]:
    """`base` to the power of `exponent`, by squares."""
    found = np.ones_like(base)
    while exponent:
        if exponent % 2:
            found = found * base
        base, exponent = base * base, exponent // 2
    return found
