"""Intervals of ranks of an earlier state, shown beside the places of a later one.

The ends of an interval are places; a place stands for the mean that had it. In a later state the
interval reaches from the place of the one mean to that of the other. So it holds the model's new
place, however many models have come between. A model whose own mean or error has changed has no
interval until the next are computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from leaderboard.boards.standing import Board, Ranks
from leaderboard.memory.arrays import Numbers, Values


@dataclass(frozen=True, eq=False)
class Basis:
    """What was computed, by variant: means, errors, and the means at the ends; NaN: none.

    - `load`: what is another object in another load, in which variants have other numbers.
    - `by_highest`, `by_lowest`: the variants with ends, by these: sorted ones are found much
      faster among others.
    """

    load: object
    as_of: int
    read_at: datetime
    replicates: int
    mean: Values
    error: Values
    highest: Values
    lowest: Values
    by_highest: Numbers
    by_lowest: Numbers

    @classmethod
    def of(cls, board: Board, ranks: Ranks) -> Basis:
        """The basis of ranks that were computed of this state of a board."""
        rows = board.ranked_rows
        variants, means = board.variants[rows], board.mean[rows]
        highest, lowest = (
            _by_variant(board, _at(means, end[variants])) for end in (ranks.best, ranks.worst)
        )
        return cls(
            board.facts.codes, ranks.as_of, ranks.read_at, ranks.replicates,
            _by_variant(board, means), _by_variant(board, board.error[rows]),
            highest, lowest, _ascending(highest), _ascending(lowest),
        )  # fmt: skip

    def shown(self, board: Board) -> Ranks | None:
        """The intervals beside the places of a later state; None after another load."""
        if board.facts.codes is not self.load:
            return None
        rows = board.ranked_rows
        mean, error = (_by_variant(board, each[rows]) for each in (board.mean, board.error))
        size = len(self.mean)  # later states have at least as many variants
        same = (mean[:size] == self.mean) & (error[:size] == self.error)
        same &= ~np.isnan(self.highest)
        ascending = board.mean[rows][::-1]
        best, worst = np.zeros(len(mean), np.int32), np.zeros(len(mean), np.int32)
        some = self.by_highest[same[self.by_highest]]
        after = np.searchsorted(ascending, self.highest[some], side="right")
        best[some] = 1 + len(ascending) - after
        some = self.by_lowest[same[self.by_lowest]]
        before = np.searchsorted(ascending, self.lowest[some], side="left")
        worst[some] = len(ascending) - before
        return Ranks(self.as_of, self.read_at, self.replicates, best, worst)


def _by_variant(board: Board, values: Values) -> Values:
    """Values of the ranked rows, by variant; NaN of all others."""
    found = np.full(len(board.facts.variants), np.nan)
    found[board.variants[board.ranked_rows]] = values
    return found


def _at(means: Values, places: Numbers) -> Values:
    """The means at places, which are 0 for none; `means` has the best first."""
    return np.where(places > 0, means[np.maximum(places, 1) - 1], np.nan)


def _ascending(ends: Values) -> Numbers:
    """The variants that have ends, by these."""
    order = np.argsort(ends).astype(np.int32)  # NaN comes last
    return order[: np.count_nonzero(~np.isnan(ends))]
