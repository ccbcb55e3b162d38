"""Tango's score interval of the difference between two shares of the same items."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from leaderboard.statistics.binomial import Numbers
from leaderboard.statistics.intervals import z

STEPS = 60
CLOSE = 1e-14


def interval(
    better: Numbers, worse: Numbers, items: Numbers, alphas: Numbers
) -> tuple[Numbers, Numbers]:
    """The differences δ that a score test at each alpha does not refuse.

        (better - worse - n·δ) / √(n · (2q + δ(1 - δ))) = ± z

    with q the most likely share of `worse` items if the difference is δ, the positive root of
    2n·q² + ((2n - better + worse)·δ - better - worse)·q - worse·δ(1 - δ) = 0.
    T. Tango (1998), Statistics in Medicine 17, 891-908.
    """
    limit, value = np.array([z(alpha) for alpha in alphas.tolist()]), (better - worse) / items
    half = limit * np.sqrt(better + worse + 1) / items

    def beyond(delta: Numbers) -> Numbers:
        distance = np.abs(better - worse - items * delta)
        spread = items * (2 * _likely(better, worse, items, delta) + delta * (1 - delta))
        height: Numbers = distance - limit * np.sqrt(np.maximum(spread, 0))
        return height

    low, high = np.maximum(-1.0, value - half), np.minimum(1.0, value + half)
    ends = np.full(len(value), -1.0), np.full(len(value), 1.0)
    return _edges(beyond, value, ends[0], low), _edges(beyond, value, ends[1], high)


def _likely(better: Numbers, worse: Numbers, items: Numbers, delta: Numbers) -> Numbers:
    half = ((2 * items - better + worse) * delta - better - worse) / 2
    root = np.sqrt(np.maximum(half * half + 2 * items * worse * delta * (1 - delta), 0))
    likely: Numbers = (root - half) / (2 * items)
    return likely


def _edges(
    beyond: Callable[[Numbers], Numbers], inside: Numbers, outside: Numbers, start: Numbers
) -> Numbers:
    """The places between `inside` and `outside` where `beyond` turns positive.

    They are found by secants from `start` on, and by halving where these leave the bracket.
    """
    before, height, place = outside, beyond(outside), start
    found, done = outside.copy(), height <= 0
    for _ in range(STEPS):
        value = beyond(place)
        inside, outside = np.where(value > 0, inside, place), np.where(value > 0, place, outside)
        rise = value - height
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.where(rise != 0, value * (before - place) / rise, inside - place)
        after = place + step
        close = ~done & (np.abs(step) <= CLOSE)
        found[close] = after[close]
        done |= close
        if done.all():
            return found
        least, most = np.minimum(inside, outside), np.maximum(inside, outside)
        after = np.where((least < after) & (after < most), after, (inside + outside) / 2)
        before, height, place = place, value, after
    return np.where(done, found, place)
