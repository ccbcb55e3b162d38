"""The binomial distribution: how likely few successes are, and which shares allow them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leaderboard.statistics.intervals import z

Numbers = NDArray[np.float64]

STEPS = 60
CLOSE = 1e-6
"""A step this small, beside the share and what is left of 1, is followed by none that matters."""


def at_most(successes: Numbers, trials: Numbers, share: float) -> Numbers:
    """P(X ≤ successes), each for no more successes than `trials` · `share`."""
    shares = np.full(len(successes), share)
    chance = _log_choices(successes, trials) + _log_chance(successes, trials, shares)
    found: Numbers = np.exp(chance) * _sums(_parts(successes, trials), shares)
    return np.minimum(found, 1.0)


def highest(successes: Numbers, trials: Numbers, tails: Numbers) -> Numbers:
    """The shares with P(X ≤ successes) = tail: the upper limits of Clopper and Pearson.

    They are found by Halley's method on the logarithm, from Wilson's limits on, and by halving
    where that leaves the bracket. C. J. Clopper and E. S. Pearson (1934), Biometrika 26, 404-413.
    """
    found = np.ones(len(successes))
    some = np.flatnonzero(successes < trials)
    few, many, tail = successes[some], trials[some], tails[some]
    choices, parts = _log_choices(few, many) - np.log(tail), _parts(few, many)
    low, high, share = few / many, np.ones(len(some)), _near(few, many, tail)
    for _ in range(STEPS):
        sums = _sums(parts, share)
        above = choices + _log_chance(few, many, share) + np.log(sums)
        low, high = np.where(above > 0, share, low), np.where(above > 0, high, share)
        step = _steps(few, many, share, sums, above)
        after = share + step
        close = np.abs(step) <= CLOSE * np.minimum(share, 1 - share)
        found[some[close]] = after[close]
        if close.all():
            return found
        share = np.where((low < after) & (after < high), after, (low + high) / 2)
        rest = ~close
        some, choices, parts = some[rest], choices[rest], parts[rest]
        few, many, low, high, share = (each[rest] for each in (few, many, low, high, share))
    found[some] = share
    return found


def _near(successes: Numbers, trials: Numbers, tails: Numbers) -> Numbers:
    """Where the search begins: Pratt's limits, within a hundredth of most, or else Wilson's.

    J. W. Pratt (1968), JASA 63, 1457-1483.
    """
    limit = np.array([z(2 * tail) for tail in tails.tolist()])
    square, one_more, failed = limit**2, successes + 1, trials - successes
    spread = 9 * one_more * failed * (9 * trials + 5 - square) + trials + 1
    above = 81 * one_more * failed - 9 * trials - 8 - 3 * limit * np.sqrt(np.maximum(spread, 0))
    below = 81 * one_more**2 - 9 * one_more * (2 + square) + 1
    odds = (one_more / failed) ** 2 * np.maximum(above / below, 0) ** 3
    wilson = _wilson(successes, trials, square / trials)
    found = 1 / (1 + odds)
    near: Numbers = np.where(np.abs(found - wilson) < wilson * (1 - wilson) / 4, found, wilson)
    return near


def _wilson(successes: Numbers, trials: Numbers, square: Numbers) -> Numbers:
    """Wilson's upper limits of half a success more."""
    share = (successes + 0.5) / trials
    spread = np.sqrt(square * (share * (1 - share) + square / 4))
    limit: Numbers = np.minimum((share + square / 2 + spread) / (1 + square), 1 - 1e-12)
    return limit


def _steps(
    successes: Numbers, trials: Numbers, share: Numbers, sums: Numbers, above: Numbers
) -> Numbers:
    """Halley's steps where P(X ≤ successes) is e^`above` times what is wanted."""
    slope = (trials - successes) / (1 - share) / sums
    bend = successes / share - (trials - successes - 1) / (1 - share)
    return 2 * above / (2 * slope + above * (bend + slope))


def _log_choices(successes: Numbers, trials: Numbers) -> Numbers:
    """The logarithm of how many ways there are to succeed so often."""
    ends = zip(successes.tolist(), trials.tolist(), strict=True)
    return np.array(
        [math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k, n in ends]
    )


def _log_chance(successes: Numbers, trials: Numbers, share: Numbers) -> Numbers:
    """The logarithm of P(X = successes) for one of these ways."""
    return successes * np.log(share) + (trials - successes) * np.log1p(-share)


def _parts(successes: Numbers, trials: Numbers) -> Numbers:
    """What is known of each term beside the one after it, whatever the share is.

    Terms that are more than eight standard deviations away count for nothing.
    """
    reach = min(int(successes.max(initial=0)), 20 + 4 * math.isqrt(int(trials.max(initial=0))))
    k = np.maximum(successes[:, None] - np.arange(reach), 0)
    parts: Numbers = k / (trials[:, None] + 1 - k)
    return parts


def _sums(parts: Numbers, share: Numbers) -> Numbers:
    """P(X ≤ successes) / P(X = successes): each term is a known part of the one after it."""
    terms = parts * ((1 - share) / share)[:, None]
    sums: Numbers = 1 + terms.cumprod(axis=1).sum(axis=1)
    return sums
