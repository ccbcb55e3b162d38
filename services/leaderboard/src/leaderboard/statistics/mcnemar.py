"""Two models on the same items, each right or wrong: what counts are the items they differ on.

`better` items only the first model got right, `worse` only the second, of `items` altogether.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from leaderboard.statistics.intervals import ALPHA, Estimate, z

STEPS = 60
"""Halvings of a bracket of width 2, which leave less than a float can tell apart."""
CLOSE, SMALLEST = 4e-16, 1e-300


def exact_p(better: int, worse: int) -> float:
    """The two-sided p-value of McNemar's exact test.

    If the models are equally good, `better` is binomial with `better + worse` trials of 1/2:

        p = min(1, 2 · P(X ≤ min(better, worse)))

    Q. McNemar (1947), Psychometrika 12, 153-157, with the binomial instead of the χ² distribution.
    """
    return min(1.0, 2 * _at_most(min(better, worse), better + worse, 0.5))


@lru_cache(4096)
def difference(better: int, worse: int, items: int, alpha: float = ALPHA) -> Estimate:
    """(better - worse) / items with the smallest interval around two others.

    The score interval of Tango has the right coverage; the conditional one of Clopper and Pearson
    agrees with the exact test, so zero is never outside when the exact test finds no difference.
    """
    value = (better - worse) / items
    score, exact = _tango(better, worse, items, alpha), _conditional(better, worse, items, alpha)
    return Estimate(value, min(score[0], exact[0]), max(score[1], exact[1]))


def _tango(better: int, worse: int, items: int, alpha: float) -> tuple[float, float]:
    """The differences δ that a score test at `alpha` does not refuse.

        (better - worse - n·δ) / √(n · (2q + δ(1 - δ))) = ± z

    with q the most likely share of `worse` items if the difference is δ, the positive root of
    2n·q² + ((2n - better + worse)·δ - better - worse)·q - worse·δ(1 - δ) = 0.
    T. Tango (1998), Statistics in Medicine 17, 891-908.
    """
    limit, value = z(alpha), (better - worse) / items

    def beyond(delta: float) -> bool:
        distance = abs(better - worse - items * delta)
        spread = items * (2 * _likely(better, worse, items, delta) + delta * (1 - delta))
        return distance > limit * math.sqrt(max(spread, 0))

    return _edge(beyond, value, -1.0), _edge(beyond, value, 1.0)


def _likely(better: int, worse: int, items: int, delta: float) -> float:
    half = ((2 * items - better + worse) * delta - better - worse) / 2
    root = math.sqrt(max(half * half + 2 * items * worse * delta * (1 - delta), 0))
    return (root - half) / (2 * items)


def _conditional(better: int, worse: int, items: int, alpha: float) -> tuple[float, float]:
    """Clopper's and Pearson's interval of the share of `better` among the items that differ."""
    differing = better + worse
    if not differing:
        return 0.0, 0.0
    low = 1 - 2 * _highest(worse, differing, alpha / 2)
    high = 2 * _highest(better, differing, alpha / 2) - 1
    return low * differing / items, high * differing / items


def _highest(successes: int, trials: int, tail: float) -> float:
    """The share with P(X ≤ successes) = tail, by Newton's method on the logarithm, in a bracket."""
    if successes == trials:
        return 1.0
    low, high = successes / trials, 1.0
    share = min((low + high) / 2, low + 2 * math.sqrt((successes + 1) / trials / trials))
    for _ in range(STEPS):
        value = _at_most(successes, trials, share)
        low, high = (share, high) if value > tail else (low, share)
        step = math.log(value / tail) * value / _slope(successes, trials, share) if value else 1.0
        after = share + step if low < share + step < high else (low + high) / 2
        if abs(after - share) <= CLOSE * share:
            return after
        share = after
    return share


def _slope(successes: int, trials: int, share: float) -> float:
    """How fast P(X ≤ successes) falls with the share of successes."""
    log = float(_log_choices(trials)[successes]) + successes * math.log(share)
    log += (trials - successes - 1) * math.log1p(-share)
    return max((trials - successes) * math.exp(log), SMALLEST)


def _edge(beyond: Callable[[float], bool], inside: float, outside: float) -> float:
    """The place between `inside` and `outside` where `beyond` begins to hold, by halving."""
    if not beyond(outside):
        return outside
    for _ in range(STEPS):
        middle = (inside + outside) / 2
        inside, outside = (inside, middle) if beyond(middle) else (middle, outside)
    return outside


def _at_most(successes: int, trials: int, share: float) -> float:
    """P(X ≤ successes) of a binomial distribution."""
    if successes < 0:
        return 0.0
    if successes >= trials or share <= 0:
        return 1.0
    if share >= 1:
        return 0.0
    k = np.arange(successes + 1)
    logs = k * math.log(share) + (trials - k) * math.log1p(-share)
    return min(1.0, float(np.exp(_log_choices(trials)[: successes + 1] + logs).sum()))


@lru_cache(64)
def _log_choices(trials: int) -> NDArray[np.float64]:
    """The logarithm of the binomial coefficient of `trials` over 0, 1, …, `trials`."""
    steps = np.log(np.arange(1, trials + 1))
    factorials = np.concatenate(([0.0], np.cumsum(steps)))
    whole: NDArray[np.float64] = factorials[-1] - factorials - factorials[::-1]
    return whole
