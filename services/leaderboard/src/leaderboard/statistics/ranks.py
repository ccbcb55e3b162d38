"""Intervals of ranks: how far a model could move if the benchmarks had asked other questions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leaderboard.statistics.intervals import ALPHA

Numbers = NDArray[np.float64]
Ranks = NDArray[np.int32]

REPLICATES = 10_000
CELLS = 50_000_000
"""At most so many ranks are drawn; larger boards have fewer replicates."""

AT_ONCE = 1_000_000
"""Ranks that are drawn together, for memory."""


@dataclass(frozen=True)
class RankIntervals:
    """The place of each model, and the ends of its interval; 1 is the best."""

    places: Ranks
    best: Ranks
    worst: Ranks
    replicates: int


def intervals(scores: Numbers, errors: Numbers, seed: int, alpha: float = ALPHA) -> RankIntervals:
    """The ranks of models, with intervals from a parametric bootstrap.

    Each replicate draws every score anew from a normal distribution with its standard error, and
    ranks the models. An interval has all places but the outermost α/2 on each side. Equal scores
    share the better place.
    """
    count = len(scores)
    if not count:
        none = np.zeros(0, np.int32)
        return RankIntervals(none, none, none, 0)
    size = max(100, min(REPLICATES, CELLS // count))
    drawn = np.sort(_drawn(scores, errors, size, seed), axis=1)
    outermost = int(alpha / 2 * size)
    places = 1 + count - np.searchsorted(np.sort(scores), scores, side="right")
    best = np.minimum(drawn[:, outermost], places)
    worst = np.maximum(drawn[:, size - 1 - outermost], places)
    return RankIntervals(places.astype(np.int32), best, worst, size)


def _drawn(scores: Numbers, errors: Numbers, size: int, seed: int) -> Ranks:
    """The rank of each model in each replicate: models × replicates."""
    random, count = np.random.default_rng(seed), len(scores)
    ranks = np.empty((count, size), np.int32)
    places = np.arange(1, count + 1, dtype=np.int32)
    step = max(1, AT_ONCE // count)
    for start in range(0, size, step):
        rows = min(step, size - start)
        noise = random.standard_normal((rows, count), dtype=np.float32)
        order = np.argsort(-(scores + errors * noise), axis=1)
        these = np.empty((rows, count), np.int32)
        np.put_along_axis(these, order, places[None, :], axis=1)
        ranks[:, start : start + rows] = these.T
    return ranks
