"""New results among those that are current in a setting."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from leaderboard.memory.arrays import Flags, Integers
from leaderboard.memory.scores import Scores

KEYS = ("variant", "source")
"""The columns that are the same in a newer result."""


def newest(scores: Scores) -> Scores:
    """The newest of each variant and source, sorted; `scores` are in any order."""
    order = np.lexsort((scores.result, scores.when, _keys(scores)))
    ordered = scores.take(order)
    keys = _keys(ordered)
    last = np.ones(len(keys), np.bool_)
    last[:-1] = keys[1:] != keys[:-1]
    return ordered.take(last)


def merged(old: Scores, new: Scores) -> Scores:
    """Both, the newer where they have the same variant and source; `new` is in any order."""
    new = newest(new)
    if not len(old):
        return new
    known, keys = _keys(old), _keys(new)
    at = np.searchsorted(known, keys)
    same = at < len(known)
    same[same] = known[at[same]] == keys[same]
    newer = same.copy()
    newer[same] = _later(new.take(same), old.take(at[same]))
    if not newer.any() and same.all():
        return old

    def both(name: str) -> NDArray[Any]:
        column, values = getattr(old, name), getattr(new, name)
        if newer.any() and name not in KEYS:
            column = column.copy()
            column[at[newer]] = values[newer]
        return _inserted(column, at[~same], values[~same])

    made = Scores(**{name: both(name) for name in old.columns()})
    if "error" in old.__dict__:  # computed row by row, so most of it is known
        made.__dict__["error"] = both("error")
    return made


def _inserted(column: NDArray[Any], at: Integers, values: NDArray[Any]) -> NDArray[Any]:
    """A column with these values before some places, which often are the end."""
    if not len(at):
        return column
    at_end = at[0] == len(column)
    return np.concatenate([column, values]) if at_end else np.insert(column, at, values)


def _later(one: Scores, other: Scores) -> Flags:
    """Where `one` is newer than `other`, or is the same result, perhaps changed."""
    same_time = one.when == other.when
    later: Flags = (one.when > other.when) | (same_time & (one.result >= other.result))
    return later


def without(scores: Scores, results: Integers) -> tuple[Scores, Scores]:
    """The scores without some results, and what was taken out."""
    out = np.isin(scores.result, results)
    return (scores.take(~out), scores.take(out)) if out.any() else (scores, scores.take(out))


def _keys(scores: Scores) -> Integers:
    keys = scores.variant.astype(np.int64)
    keys <<= 8
    keys |= scores.source
    return keys
