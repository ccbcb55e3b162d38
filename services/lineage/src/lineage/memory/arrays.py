"""The kinds of arrays that the graph is made of, and what several of its parts do with them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]
"""Numbers of models, or indexes of edges."""
Flags = NDArray[np.bool_]
Codes8 = NDArray[np.uint8]
Codes16 = NDArray[np.uint16]
Counts = NDArray[np.int32]
Integers = NDArray[np.int64]
Halves = NDArray[np.uint64]
"""The first or the second half of each UUID."""
Days = NDArray[np.int32]
"""Days since 1970; -1: unknown."""
Shares = NDArray[np.float32]
"""Values that a recipe states; NaN: unknown."""
Places = NDArray[np.uint32]

MANY_CODES = 8  # to compare with each takes as long as to look for all of them
NOTHING: Numbers = np.empty(0, np.int32)


def spans(starts: Numbers, ends: Numbers) -> Numbers:
    """Every position from each start up to its end, one span after the other."""
    if len(starts) == 1:
        return np.arange(starts[0], ends[0], dtype=np.int32)
    lengths = ends - starts
    after = np.cumsum(lengths, dtype=np.int32)
    if not len(after) or not after[-1]:
        return NOTHING
    positions = np.repeat(starts - after + lengths, lengths)
    positions += np.arange(after[-1], dtype=np.int32)
    return positions


def stable_order(keys: NDArray[Any]) -> Numbers:
    """The positions of `keys` in their order; equal ones stay as they are."""
    return np.argsort(keys, kind="stable").astype(np.int32)


def order_of(numbers: Numbers) -> Numbers:
    """The same for numbers, with less memory and time: each carries its position."""
    both = pairs(numbers, np.arange(len(numbers), dtype=np.int32))
    both.sort()
    return both.astype(np.int32)  # the lower half


def pairs(first: Numbers, second: Numbers | Codes8) -> Integers:
    """One key for each pair of numbers."""
    keys = first.astype(np.int64)
    keys <<= 32
    keys |= second
    return keys


def distinct(numbers: Numbers) -> Numbers:
    """Each number once, sorted."""
    if len(numbers) < 2:
        return numbers
    ordered = np.sort(numbers)
    return ordered[begins(ordered)]


def within(some: NDArray[Any], of: NDArray[Any]) -> Flags:
    """Which of `some` numbers are among those of `of`, which are sorted."""
    if not len(of):
        return np.zeros(len(some), np.bool_)
    found: Flags = of[np.minimum(np.searchsorted(of, some), len(of) - 1)] == some
    return found


def among(column: NDArray[Any], codes: Collection[int]) -> Flags:
    """Which elements of a column of codes are one of a few."""
    if len(codes) > MANY_CODES:
        return np.isin(column, list(codes))
    found: Flags = np.zeros(len(column), np.bool_)
    for code in codes:
        found |= column == code
    return found


def begins(*keys: NDArray[Any]) -> Flags:
    """Which positions begin a group of equal keys, if equal ones lie together."""
    first = np.zeros(len(keys[0]), np.bool_)
    first[:1] = True
    for key in keys:
        first[1:] |= key[1:] != key[:-1]
    return first
