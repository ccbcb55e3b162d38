"""Gains of many merges in groups: how often they gained, how much, and how certain the mean is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from leaderboard.memory.arrays import Integers, Values
from leaderboard.statistics.intervals import ALPHA, z
from leaderboard.statistics.student import t
from leaderboard.uplift.tables.gains import Gains, Places, clear


@dataclass(frozen=True)
class Cell:
    """The merges of a group.

    - `better`, `worse`, `unclear`: how many gains have an interval above zero, below it or around
      it; one whose error is unknown is unclear.
    - `mean`, with the ends of its interval: of the spread between merges, by Student's
      distribution; of a single merge its own. NaN: unknown.
    - `share_better`: the share of merges whose gain is above zero, clear or not.
    """

    merges: int
    better: int
    worse: int
    unclear: int
    mean: float
    low: float
    high: float
    median: float
    share_better: float


def cells(gained: Gains, keys: Integers) -> dict[int, Cell]:
    """The merges of each key; `keys` has one for each gain."""
    if not len(keys):
        return {}
    order = np.lexsort((gained.value, keys))
    keys, value, error = keys[order], gained.value[order], gained.error[order]
    starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    counts = np.diff(np.append(starts, len(keys)))
    better, worse = (each[order] for each in clear(gained, z(ALPHA)))
    total = np.add.reduceat(value, starts)
    mean = total / counts
    spread = np.add.reduceat((value - np.repeat(mean, counts)) ** 2, starts)
    half = _half(spread, counts, error[starts])
    columns = (
        counts,
        np.add.reduceat(better.astype(np.int64), starts),
        np.add.reduceat(worse.astype(np.int64), starts),
        np.add.reduceat((~better & ~worse).astype(np.int64), starts),
        mean,
        mean - half,
        mean + half,
        _median(value, starts, counts),
        np.add.reduceat((value > 0).astype(np.int64), starts) / counts,
    )
    rows = zip(keys[starts].tolist(), *(column.tolist() for column in columns), strict=True)
    return {key: Cell(*each) for key, *each in rows}


def _half(spread: Values, counts: Places, own: Values) -> Values:
    """Half of the width of each mean's interval; that of its own error for a single merge."""
    sizes, which = np.unique(counts, return_inverse=True)
    reach = [t(ALPHA, int(size) - 1) / math.sqrt(size) if size > 1 else 0.0 for size in sizes]
    freedom = np.maximum(counts - 1, 1)
    several = np.array(reach)[which] * np.sqrt(spread / freedom)
    return np.where(counts > 1, several, z(ALPHA) * own)


def _median(value: Values, starts: Places, counts: Places) -> Values:
    """The middle of each group of sorted values."""
    both: Values = value[starts + (counts - 1) // 2] + value[starts + counts // 2]
    return both / 2
