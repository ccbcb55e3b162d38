"""Size against score: the rows of a board as points, and the Pareto front among them."""

from __future__ import annotations

from typing import Any

import numpy as np

from leaderboard.boards.shown.cells import DIGITS
from leaderboard.boards.standing import Board
from leaderboard.memory.arrays import Flags, Numbers, Values

MOST = 5000
OF_MODELS = ("parameters", "known", "merged", "method")


def points(board: Board, kept: Flags) -> dict[str, Any]:
    """The rows that have a mean and a size, the best first."""
    ranked = board.by_mean.rows[: board.ranked]
    rows = ranked[kept[ranked]]
    sizes = board.of_models("parameters")
    rows = rows[~np.isnan(sizes[rows])]
    some = rows[:MOST]
    on = front(sizes[rows], board.mean[rows])
    return {
        "points": _points(board, some, on[:MOST]),
        "truncated": len(rows) > MOST,
    }


def front(sizes: Values, scores: Values) -> Flags:
    """Which points no other one beats: none that is at most as large has a better score.

    Of equal points, all are on the front.
    """
    order: Numbers = np.lexsort((-scores, sizes)).astype(np.int32)
    size, score = sizes[order], scores[order]
    first = np.ones(len(order), np.bool_)  # of equal points
    first[1:] = (size[1:] != size[:-1]) | (score[1:] != score[:-1])
    best_before = np.r_[-np.inf, np.maximum.accumulate(score)][: len(order)]
    better = (score > best_before)[first]
    on = np.empty(len(order), np.bool_)
    on[order] = better[np.cumsum(first) - 1]
    return on


def _points(board: Board, some: Numbers, on_front: Flags) -> list[dict[str, Any]]:
    facts, codes = board.facts, board.facts.codes
    columns = zip(
        board.models[some].tolist(),
        board.precision[some].tolist(),
        board.mean[some].tolist(),
        *(board.of_models(name)[some].tolist() for name in OF_MODELS),
        on_front.tolist(),
        strict=True,
    )
    return [
        {
            "model": facts.name(model),
            "precision": codes.precision[precision] or None,
            "parameters": int(parameters),
            "score": round(score, DIGITS),
            "merged": merged if known else None,
            "method": codes.method[method] or None,
            "front": best,
        }
        for model, precision, score, parameters, known, merged, method, best in columns
    ]
