"""Intervals of scores and of their differences: pure functions, standard library only.

Every interval here has 95 % confidence.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Z = statistics.NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Estimate:
    """A value and the ends of its interval."""

    value: float
    low: float
    high: float


def normal(value: float, stderr: float) -> Estimate:
    """value ± z · stderr: the interval of a mean by the central limit theorem."""
    return Estimate(value, value - Z * stderr, value + Z * stderr)


def wilson(share: float, count: int) -> Estimate:
    """The score interval of a share of `count` items that are each right or wrong.

        (p + z²/2n ± z · √(p(1-p)/n + z²/4n²)) / (1 + z²/n)

    It stays within [0, 1] and has a width at 0 and 1, where p ± z · stderr has none.
    E. B. Wilson (1927), JASA 22, 209-212.
    """
    square = Z * Z / count
    centre = (share + square / 2) / (1 + square)
    half = Z * math.sqrt(share * (1 - share) / count + square / (4 * count)) / (1 + square)
    return Estimate(share, max(0, min(share, centre - half)), min(1, max(share, centre + half)))


def combine(terms: Sequence[tuple[float, Estimate]]) -> Estimate:
    """The sum of weight · estimate over independent terms: a mean, or a difference.

        low = value - √Σ (distance of each weighted term to its own low end)²; high likewise

    With normal intervals these distances are z · stderr, so the standard errors add as a root
    sum of squares; Wilson intervals keep their asymmetry. For two shares it is Newcombe's hybrid
    interval (1998, Statistics in Medicine 17, 873-890, method 10); in general MOVER, Zou & Donner
    (2008), Statistics in Medicine 27, 1693-1702.
    """
    value = math.fsum(weight * estimate.value for weight, estimate in terms)
    below = math.hypot(*(w * (e.value - (e.low if w > 0 else e.high)) for w, e in terms))
    above = math.hypot(*(w * ((e.high if w > 0 else e.low) - e.value) for w, e in terms))
    return Estimate(value, value - below, value + above)


def mean(estimates: Sequence[Estimate]) -> Estimate:
    """The plain mean of independent estimates."""
    return combine([(1 / len(estimates), estimate) for estimate in estimates])


def difference(one: Estimate, other: Estimate) -> Estimate:
    """one - other, if both were measured independently."""
    return combine([(1, one), (-1, other)])


def paired_difference(
    one: Mapping[str, float], others: Sequence[Mapping[str, float]]
) -> tuple[Estimate, int] | None:
    """one - (mean of others) over their common items, and the number of those items.

        d_i = one_i - mean_j other_ij;  mean(d) ± z · sd(d)/√n

    An item's difficulty cancels out, so the interval is narrower than that of two independent
    scores. None for fewer than two common items.
    E. Miller (2024), Adding Error Bars to Evals, arXiv:2411.00640, section 4.
    """
    common = set(one).intersection(*others)
    if len(common) < 2:
        return None
    differences = [one[item] - statistics.fmean(other[item] for other in others) for item in common]
    stderr = statistics.stdev(differences) / math.sqrt(len(differences))
    return normal(statistics.fmean(differences), stderr), len(differences)
