"""Intervals of scores, of their means and of differences between independent ones.

`alpha` is the share of intervals that may miss the true value; 0.05 gives 95 % confidence.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

ALPHA = 0.05


@lru_cache(1024)
def z(alpha: float) -> float:
    """How many standard errors an interval reaches to each side."""
    return -statistics.NormalDist().inv_cdf(alpha / 2)


@dataclass(frozen=True)
class Estimate:
    """A value and the ends of its interval."""

    value: float
    low: float
    high: float


def normal(value: float, stderr: float, alpha: float = ALPHA) -> Estimate:
    """value ± z · stderr: the interval of a mean by the central limit theorem."""
    reach = z(alpha) * stderr
    return Estimate(value, value - reach, value + reach)


def wilson(share: float, count: int, alpha: float = ALPHA) -> Estimate:
    """The score interval of a share of `count` items that are each right or wrong.

        (p + z²/2n ± z · √(p(1-p)/n + z²/4n²)) / (1 + z²/n)

    It stays within [0, 1] and has a width at 0 and 1, where p ± z · stderr has none.
    E. B. Wilson (1927), JASA 22, 209-212.
    """
    square = z(alpha) ** 2 / count
    centre = (share + square / 2) / (1 + square)
    spread = math.sqrt(share * (1 - share) / count + square / (4 * count))
    half = z(alpha) * spread / (1 + square)
    return Estimate(share, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half)))


def combine(terms: Sequence[tuple[float, Estimate]]) -> Estimate:
    """The sum of weight · estimate over independent terms: a mean, or a difference.

        low = value - √Σ (distance of each weighted term to its own low end)²; high likewise

    With normal intervals these distances are z · stderr, so the standard errors add as a root
    sum of squares; Wilson intervals keep their asymmetry. For two shares it is Newcombe's hybrid
    interval (1998, Statistics in Medicine 17, 873-890, method 10); in general MOVER, Zou & Donner
    (2008), Statistics in Medicine 27, 1693-1702.
    """
    value = math.fsum([weight * each.value for weight, each in terms])
    below = [w * (e.value - (e.low if w > 0 else e.high)) for w, e in terms]
    above = [w * ((e.high if w > 0 else e.low) - e.value) for w, e in terms]
    return Estimate(value, value - math.hypot(*below), value + math.hypot(*above))


def mean(estimates: Sequence[Estimate]) -> Estimate:
    """The plain mean of independent estimates."""
    if len(estimates) == 1:
        return estimates[0]
    return combine([(1 / len(estimates), estimate) for estimate in estimates])


def difference(one: Estimate, other: Estimate) -> Estimate:
    """one - other, if both were measured independently: `combine` with weights 1 and -1."""
    value = one.value - other.value
    below = math.hypot(one.value - one.low, other.high - other.value)
    above = math.hypot(one.high - one.value, other.value - other.low)
    return Estimate(value, value - below, value + above)
