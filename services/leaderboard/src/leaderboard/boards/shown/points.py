"""Size against score: the rows of a board as points, and the Pareto front among them."""

from __future__ import annotations

from typing import Any

import numpy as np

from leaderboard.boards.standing import Board
from leaderboard.memory.arrays import Flags, Numbers, Values

MOST = 5000


def points(board: Board, kept: Flags) -> dict[str, Any]:
    """The rows that have a mean and a size, the best first."""
    models = board.facts.models
    ranked = board.by_mean.rows[: board.ranked]
    rows = ranked[kept[ranked]]
    rows = rows[~np.isnan(models.parameters[board.models[rows]])]
    some = rows[:MOST]
    on = front(models.parameters[board.models[rows]], board.mean[rows])
    return {
        "points": [
            _point(board, row, best) for row, best in zip(some.tolist(), on.tolist(), strict=False)
        ],
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


def _point(board: Board, row: int, on_front: bool) -> dict[str, Any]:
    facts, codes, model = board.facts, board.facts.codes, int(board.models[row])
    models = facts.models
    return {
        "model": facts.name(model),
        "precision": codes.precision[facts.variants.precision[board.variants[row]]] or None,
        "parameters": int(models.parameters[model]),
        "score": round(float(board.mean[row]), 6),
        "merged": bool(models.merged[model]) if models.known[model] else None,
        "method": codes.method[models.method[model]] or None,
        "front": on_front,
    }
