"""Intervals of ranks: how far a model could move if the benchmarks had asked other questions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leaderboard.statistics.intervals import ALPHA

Numbers = NDArray[np.float64]
Ranks = NDArray[np.int32]

REPLICATES = 10_000
LEAST = 200
CELLS = 50_000_000
"""At most so many ranks are drawn; larger boards have fewer replicates, but at least `LEAST`."""

AT_ONCE = 250_000
"""Ranks that are drawn together, for memory."""


@dataclass(frozen=True)
class RankIntervals:
    """The place of each model, and the ends of its interval; 1 is the best.

    The ends are 0 where the error of a score is unknown.
    """

    places: Ranks
    best: Ranks
    worst: Ranks
    replicates: int


def replicates_of(count: int) -> int:
    """How many replicates a board of so many models gets."""
    return max(LEAST, min(REPLICATES, CELLS // max(count, 1)))


def intervals(
    scores: Numbers,
    errors: Numbers,
    seed: int,
    alpha: float = ALPHA,
    *,
    replicates: int | None = None,
) -> RankIntervals:
    """The ranks of models, with intervals from a parametric bootstrap.

    Each replicate draws every score anew from a normal distribution with its standard error, and
    ranks the models; a score whose error is unknown (NaN) stays as it is. An interval has all
    places but the outermost α/2 on each side. Equal scores share the better place. `replicates`: by
    default as many as `replicates_of` says.
    """
    count = len(scores)
    if not count:
        none = np.zeros(0, np.int32)
        return RankIntervals(none, none, none, 0)
    size, known = replicates or replicates_of(count), ~np.isnan(errors)
    outermost = int(alpha / 2 * size)
    low, high = _ends(scores, np.where(known, errors, 0.0), size, outermost, seed)
    places = 1 + count - np.searchsorted(np.sort(scores), scores, side="right")
    best = np.where(known, np.minimum(low, places), 0).astype(np.int32)
    worst = np.where(known, np.maximum(high, places), 0).astype(np.int32)
    return RankIntervals(places.astype(np.int32), best, worst, size)


def _ends(
    scores: Numbers, errors: Numbers, size: int, outermost: int, seed: int
) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    """The ranks of each model that have `outermost` replicates before or after them."""
    drawn, ends = _drawn(scores, errors, size, seed), (outermost, size - 1 - outermost)
    step = max(1, AT_ONCE // size)
    for start in range(0, len(drawn), step):  # in place, and a part of it in the cache
        drawn[start : start + step].partition(ends, axis=1)
    return drawn[:, ends[0]].copy(), drawn[:, ends[1]].copy()


def _drawn(scores: Numbers, errors: Numbers, size: int, seed: int) -> NDArray[np.unsignedinteger]:
    """The rank of each model in each replicate: models × replicates."""
    random, count = np.random.default_rng(seed), len(scores)
    dtype = np.uint16 if count < 2**16 else np.uint32
    ranks = np.empty((count, size), dtype)
    places = np.arange(1, count + 1, dtype=dtype)
    step = max(1, AT_ONCE // count)
    for start in range(0, size, step):
        rows = min(step, size - start)
        noise = random.standard_normal((rows, count), dtype=np.float32)
        order = np.argsort(-(scores + errors * noise), axis=1)
        these = np.empty((rows, count), dtype)
        np.put_along_axis(these, order, places[None, :], axis=1)
        ranks[:, start : start + rows] = these.T
    return ranks
