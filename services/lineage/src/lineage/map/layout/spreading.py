"""Spreading of items along a line: none overlap, their order stays, each moves as little as it can.

This is isotonic regression by pooling: neighbours that would overlap form a block, which settles at
the weighted mean of what its members wish.
"""

from __future__ import annotations

import numpy as np

from lineage.map.layout.drawing import Floats


def spread(wished: Floats, half: Floats, weight: Floats) -> Floats:
    """Return places near the wished ones, in the order given, with room for each item.

    - `half`: half of the room that an item takes.
    - `weight`: how much an item's wish counts against its neighbours'.
    """
    offset = np.cumsum(half) * 2 - half
    return _pooled(wished - offset, weight) + offset


def _pooled(wished: Floats, weight: Floats) -> Floats:
    """The non-decreasing values with the least weighted sum of squared distances to the wishes."""
    means: list[float] = []
    weights: list[float] = []
    sizes: list[int] = []
    for wish, heavy in zip(wished.tolist(), weight.tolist(), strict=True):
        size = 1
        while means and means[-1] > wish:
            joined = weights[-1] + heavy
            wish = (means.pop() * weights[-1] + wish * heavy) / joined
            weights.pop()
            heavy = joined
            size += sizes.pop()
        means.append(wish)
        weights.append(heavy)
        sizes.append(size)
    return np.repeat(np.array(means), np.array(sizes, np.int64))
