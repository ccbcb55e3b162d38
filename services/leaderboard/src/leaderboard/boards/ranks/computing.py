"""Computes the intervals of ranks of a state of a board."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leaderboard.boards.ranks.earlier import Basis
from leaderboard.boards.standing import Board, Ranks
from leaderboard.statistics import ranks

FEW_RANKS = 1_000_000
"""Ranks to draw when a board is made, which takes some hundredths of a second."""
SEED = 0


def few_ranks(board: Board) -> Ranks | None:
    """Intervals of as many replicates as are quickly drawn; None if those would be too few."""
    replicates = FEW_RANKS // max(board.ranked, 1)
    return ranks_of(board, replicates) if replicates >= ranks.LEAST else None


def ranks_of(board: Board, most: int = ranks.REPLICATES) -> Ranks:
    """The intervals of ranks of a state, of the usual number of replicates but at most so many."""
    rows, size = board.ranked_rows, size_of(board, most)
    found = ranks.intervals(board.mean[rows], board.error[rows], SEED, replicates=size)
    return by_variant(board, found)


def size_of(board: Board, most: int) -> int:
    """How many replicates a board gets, at most so many."""
    return min(most, ranks.replicates_of(board.ranked))


def by_variant(board: Board, found: ranks.RankIntervals) -> Ranks:
    """The intervals of the ranked rows of a state, by variant."""
    ends = np.zeros((2, len(board.facts.variants)), np.int32)
    ends[:, board.variants[board.ranked_rows]] = found.best, found.worst
    return Ranks(board.facts.as_of, board.facts.read_at, found.replicates, ends[0], ends[1])


def basis_of(board: Board, found: Ranks) -> Basis | None:
    """What later states need of these ranks; None if they get ranks of their own at once."""
    quick = FEW_RANKS // max(board.ranked, 1) >= ranks.LEAST
    return None if quick else Basis.of(board, found)


def ranked_fully(board: Board, found: Ranks | None) -> bool:
    """Whether the intervals are of this very state, and of all replicates that it gets."""
    wanted = ranks.replicates_of(board.ranked) if board.ranked else 0
    return found is not None and found.as_of == board.facts.as_of and found.replicates >= wanted


def ranks_at(board: Board, before: Board, found: Ranks | None) -> Ranks | None:
    """The ranks of the state before if they are those of this one, too."""
    if found is None or found.as_of != before.facts.as_of or not same_ranking(board, before):
        return None
    return replace(found, as_of=board.facts.as_of, read_at=board.facts.read_at)


def same_ranking(one: Board, other: Board) -> bool:
    """Whether the ranked models, their means and their errors are all equal."""
    if one.facts.codes is not other.facts.codes or one.ranked != other.ranked:
        return False  # variants have other numbers in another load
    mine, theirs = one.ranked_rows, other.ranked_rows
    return all(
        np.array_equal(column[mine], before[theirs], equal_nan=column.dtype.kind == "f")
        for column, before in (
            (one.variants, other.variants),
            (one.mean, other.mean),
            (one.error, other.error),
        )
    )
