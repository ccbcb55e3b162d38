"""Two models on the same items, each right or wrong: what counts are the items they differ on.

`better` items only the first model got right, `worse` only the second, of `items` altogether.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

from leaderboard.statistics import binomial
from leaderboard.statistics.intervals import ALPHA, Estimate, z

STEPS = 60
CLOSE = 1e-14


def exact_p(better: int, worse: int) -> float:
    """The two-sided p-value of McNemar's exact test.

    If the models are equally good, `better` is binomial with `better + worse` trials of 1/2:

        p = min(1, 2 · P(X ≤ min(better, worse)))

    Q. McNemar (1947), Psychometrika 12, 153-157, with the binomial instead of the χ² distribution.
    """
    return min(1.0, 2 * binomial.at_most(min(better, worse), better + worse, 0.5))


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
    half = limit * math.sqrt(better + worse + 1) / items

    def beyond(delta: float) -> float:
        distance = abs(better - worse - items * delta)
        spread = items * (2 * _likely(better, worse, items, delta) + delta * (1 - delta))
        return distance - limit * math.sqrt(max(spread, 0))

    low, high = max(-1.0, value - half), min(1.0, value + half)
    return _edge(beyond, value, -1.0, low), _edge(beyond, value, 1.0, high)


def _likely(better: int, worse: int, items: int, delta: float) -> float:
    half = ((2 * items - better + worse) * delta - better - worse) / 2
    root = math.sqrt(max(half * half + 2 * items * worse * delta * (1 - delta), 0))
    return (root - half) / (2 * items)


def _conditional(better: int, worse: int, items: int, alpha: float) -> tuple[float, float]:
    """Clopper's and Pearson's interval of the share of `better` among the items that differ."""
    differing = better + worse
    if not differing:
        return 0.0, 0.0
    low = 1 - 2 * binomial.highest(worse, differing, alpha / 2)
    high = 2 * binomial.highest(better, differing, alpha / 2) - 1
    return low * differing / items, high * differing / items


def _edge(beyond: Callable[[float], float], inside: float, outside: float, start: float) -> float:
    """The place between `inside` and `outside` where `beyond` turns positive.

    It is found by secants from `start` on, and by halving where these leave the bracket.
    """
    before, height = outside, beyond(outside)
    if height <= 0:
        return outside
    place = start
    for _ in range(STEPS):
        value = beyond(place)
        inside, outside = (inside, place) if value > 0 else (place, outside)
        rise = value - height
        step = value * (before - place) / rise if rise else inside - place
        if abs(step) <= CLOSE:
            return place + step
        after = place + step
        if not min(inside, outside) < after < max(inside, outside):
            after = (inside + outside) / 2
        before, height, place = place, value, after
    return place
