"""Tango's score interval of the difference between two shares of the same items."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from leaderboard.statistics.binomial import Numbers
from leaderboard.statistics.intervals import z

STEPS = 60
CLOSE = 1e-14

Height = Callable[[Numbers], Numbers]
"""How far differences are beyond what a test accepts; below 0 inside of it."""


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
    starts = np.concatenate([np.maximum(-1.0, value - half), np.minimum(1.0, value + half)])
    sides = np.repeat([-1.0, 1.0], len(value))
    both = (np.concatenate([each, each]) for each in (better, worse, items, limit))
    low, high = np.split(_edges(_beyond(*both), np.tile(value, 2), sides, starts), 2)
    return low, high


def _beyond(better: Numbers, worse: Numbers, items: Numbers, limit: Numbers) -> Height:
    """The score tests of some counts, each at its limit."""
    balance, half, tilt = better - worse, (better + worse) / 2, items + (worse - better) / 2
    double = 2 * items * worse

    def beyond(delta: Numbers) -> Numbers:
        middle, spread = tilt * delta - half, delta * (1 - delta)
        root = np.sqrt(np.maximum(middle * middle + double * spread, 0))
        variance = root - middle + items * spread  # n · 2q is root - middle
        height: Numbers = np.abs(balance - items * delta) - limit * np.sqrt(np.maximum(variance, 0))
        return height

    return beyond


def _edges(beyond: Height, inside: Numbers, outside: Numbers, start: Numbers) -> Numbers:
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
