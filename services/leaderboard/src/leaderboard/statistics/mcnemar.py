"""Two models on the same items, each right or wrong: what counts are the items they differ on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from leaderboard.statistics import binomial, tango
from leaderboard.statistics.binomial import Numbers
from leaderboard.statistics.intervals import ALPHA, Estimate

K = TypeVar("K")
V = TypeVar("V")
KEPT = 8192
_kept: dict[tuple[Counts, float], Estimate] = {}
"""The intervals that were computed last, the newest last."""
_kept_p: dict[tuple[int, int], float] = {}
"""The same of p-values."""


class Counts(NamedTuple):
    """`better` items only the first model got right, `worse` only the second, of `items`."""

    better: int
    worse: int
    items: int


def exact_p(better: int, worse: int) -> float:
    """The two-sided p-value of McNemar's exact test.

    If the models are equally good, `better` is binomial with `better + worse` trials of 1/2:

        p = min(1, 2 · P(X ≤ min(better, worse)))

    Q. McNemar (1947), Psychometrika 12, 153-157, with the binomial instead of the χ² distribution.
    """
    asked = better, worse
    known = _kept_p.get(asked)
    return keep_p([asked])[asked] if known is None else known


def keep_p(asked: Sequence[tuple[int, int]]) -> dict[tuple[int, int], float]:
    """The p-values of many tests, computed at once, for `exact_p`: of better and worse items."""
    return _known(_kept_p, asked, _p_values)


def difference(better: int, worse: int, items: int, alpha: float = ALPHA) -> Estimate:
    """(better - worse) / items with the smallest interval around two others.

    The score interval of Tango has the right coverage; the conditional one of Clopper and Pearson
    agrees with the exact test, so zero is never outside when the exact test finds no difference.
    """
    asked = Counts(better, worse, items), alpha
    known = _kept.get(asked)
    return keep([asked])[asked] if known is None else known


def keep(asked: Sequence[tuple[Counts, float]]) -> dict[tuple[Counts, float], Estimate]:
    """The intervals of many differences, computed at once, each at its alpha, for `difference`."""
    return _known(_kept, asked, _intervals)


def _known(
    kept: dict[K, V], asked: Sequence[K], compute: Callable[[list[K]], list[V]]
) -> dict[K, V]:
    """What is kept of these, and what is not, for any thread; forgets the oldest of many."""
    found = {each: kept.get(each) for each in asked}
    new = [each for each, value in found.items() if value is None]
    computed = dict(zip(new, compute(new), strict=True)) if new else {}
    kept.update(computed)
    if len(kept) > KEPT + KEPT // 8:  # at times, since it looks at all of them
        for old in list(kept)[:-KEPT]:
            kept.pop(old, None)
    return {each: value for each, value in found.items() if value is not None} | computed


def _p_values(asked: Sequence[tuple[int, int]]) -> list[float]:
    better, worse = np.array(asked, np.float64).T
    below = binomial.at_most(np.minimum(better, worse), better + worse, 0.5)
    return [min(1.0, 2 * each) for each in below.tolist()]


def _intervals(asked: Sequence[tuple[Counts, float]]) -> list[Estimate]:
    better, worse, items = np.array([of for of, _ in asked], np.float64).T
    alphas = np.array([alpha for _, alpha in asked])
    value = (better - worse) / items
    score = tango.interval(better, worse, items, alphas)
    exact = _conditional(better, worse, items, alphas)
    low, high = np.minimum(score[0], exact[0]), np.maximum(score[1], exact[1])
    ends = zip(value.tolist(), low.tolist(), high.tolist(), strict=True)
    return [Estimate(*each) for each in ends]


def _conditional(
    better: Numbers, worse: Numbers, items: Numbers, alphas: Numbers
) -> tuple[Numbers, Numbers]:
    """Clopper's and Pearson's interval of the share of `better` among the items that differ."""
    differing = better + worse
    trials = np.maximum(differing, 1)
    both = np.concatenate([worse, better])
    shares = binomial.highest(both, np.tile(trials, 2), np.tile(alphas / 2, 2))
    low, high = np.split(shares, 2)
    return (1 - 2 * low) * differing / items, (2 * high - 1) * differing / items
