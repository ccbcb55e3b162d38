"""How many rows of a board have which properties, among those that the other filters keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leaderboard.boards.filtering.masks import together
from leaderboard.boards.standing import Board
from leaderboard.memory.arrays import Flags
from mergehub.columns.codes import UNKNOWN, Codes, members_of

MOST = 100
SIZES = (1.5, 3.5, 8.5, 14.5, 35.0, 75.0)
"""The upper ends of ranges of sizes, in billions of parameters."""

Counted = list[dict[str, Any]]


def facets(board: Board, masks: Mapping[str, Flags]) -> dict[str, Counted]:
    """For each filter, its values with the number of rows, the most frequent first."""

    every = np.flatnonzero(together(masks, len(board)))

    def rows(*names: str) -> NDArray[np.intp]:
        others = {name: each for name, each in masks.items() if name not in names}
        same = len(others) == len(masks)
        return every if same else np.flatnonzero(together(others, len(board)))

    codes = board.facts.codes
    texts = {
        name: _texts(getattr(codes, name), board.of_models(name)[rows(name)])
        for name in ("method", "family", "licence")
    }
    return {
        **texts,
        "precision": _texts(codes.precision, board.precision[rows("precision")]),
        "domain": _members(codes.domains, board.of_models("domains")[rows("domain")]),
        "base": _bases(board, rows("base")),
        "merged": _flags(board.of_models("merged")[rows("merged")]),
        "flagged": _flags(board.of_models("flags")[rows("flagged")] > 0),
        "size": _sizes(board.of_models("parameters")[rows("size_min", "size_max")]),
    }


def _counted(counts: Mapping[Any, int]) -> Counted:
    order = sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))
    return [{"value": value, "models": count} for value, count in order if count][:MOST]


def _texts(codes: Codes, column: NDArray[np.uint16]) -> Counted:
    counts = np.bincount(column, minlength=len(codes)).tolist()
    return _counted({text or UNKNOWN: count for text, count in zip(codes, counts, strict=False)})


def _members(codes: Codes, column: NDArray[np.uint16]) -> Counted:
    counts: Counter[str] = Counter()
    for text, count in zip(codes, np.bincount(column, minlength=len(codes)).tolist(), strict=False):
        for member in members_of(text) or [UNKNOWN]:
            counts[member] += count
    return _counted(counts)


def _flags(column: Flags) -> Counted:
    some = int(np.count_nonzero(column))
    return [{"value": True, "models": some}, {"value": False, "models": len(column) - some}]


def _sizes(parameters: NDArray[np.float64]) -> Counted:
    """Rows by ranges of sizes; those of unknown size are in none."""
    known = parameters[~np.isnan(parameters)] / 1e9
    counts = np.bincount(np.searchsorted(SIZES, known), minlength=len(SIZES) + 1).tolist()
    ends = [0.0, *SIZES, None]
    return [
        {"value": {"min": low, "max": high}, "models": count}
        for low, high, count in zip(ends[:-1], ends[1:], counts, strict=True)
    ]


def _bases(board: Board, rows: NDArray[np.intp]) -> Counted:
    """Rows by the models without parents that they come from."""
    parents = board.facts.models.parents
    child, root = parents.child_and_root
    size = len(parents.starts) - 1
    models = np.bincount(board.models[rows], minlength=size)
    counts = np.bincount(root, models[child], minlength=size).astype(np.int64)
    some = np.flatnonzero(counts)
    most = some[np.argsort(-counts[some], kind="stable")][: 2 * MOST]
    return _counted({board.facts.name(int(root)): int(counts[root]) for root in most})
