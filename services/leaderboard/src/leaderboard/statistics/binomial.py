"""The binomial distribution: how likely few successes are, and which shares allow them."""

from __future__ import annotations

import math

import numpy as np

from leaderboard.statistics.intervals import wilson

STEPS = 60
CLOSE = 1e-6
"""A step this small, beside the share and what is left of 1, is followed by none that matters."""


def at_most(successes: int, trials: int, share: float) -> float:
    """P(X ≤ successes), for no more successes than `trials` · `share`."""
    return min(
        1.0, math.exp(_log_chance(successes, trials, share)) * _sum(successes, trials, share)
    )


def highest(successes: int, trials: int, tail: float) -> float:
    """The share with P(X ≤ successes) = tail: the upper limit of Clopper and Pearson.

    It is found by Halley's method on the logarithm, from Wilson's limit on, and by halving where
    that leaves the bracket. C. J. Clopper and E. S. Pearson (1934), Biometrika 26, 404-413.
    """
    if successes == trials:
        return 1.0
    low, high = successes / trials, 1.0
    share = wilson((successes + 0.5) / trials, trials, 2 * tail).high
    for _ in range(STEPS):
        terms = _sum(successes, trials, share)
        above = _log_chance(successes, trials, share) + math.log(terms / tail)
        low, high = (share, high) if above > 0 else (low, share)
        step = _step(successes, trials, share, terms, above)
        if abs(step) <= CLOSE * min(share, 1 - share):
            return share + step
        after = share + step
        share = after if low < after < high else (low + high) / 2
    return share


def _step(successes: int, trials: int, share: float, terms: float, above: float) -> float:
    """Halley's step where P(X ≤ successes) is e^`above` times what is wanted."""
    slope = (trials - successes) / (1 - share) / terms
    bend = successes / share - (trials - successes - 1) / (1 - share)
    return 2 * above / (2 * slope + above * (bend + slope))


def _log_chance(successes: int, trials: int, share: float) -> float:
    """The logarithm of P(X = successes)."""
    failures = trials - successes
    choices = math.lgamma(trials + 1) - math.lgamma(successes + 1) - math.lgamma(failures + 1)
    return choices + successes * math.log(share) + failures * math.log1p(-share)


def _sum(successes: int, trials: int, share: float) -> float:
    """P(X ≤ successes) / P(X = successes): each term is a known part of the one after it.

    Terms that are more than ten standard deviations away count for nothing.
    """
    reach = min(successes, 50 + 5 * math.isqrt(trials))
    k = np.arange(successes, successes - reach, -1.0)
    parts = k * ((1 - share) / share) / (trials + 1 - k)
    return 1.0 + float(parts.cumprod().sum())
