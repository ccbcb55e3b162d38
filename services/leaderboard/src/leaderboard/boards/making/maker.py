"""Makes boards: whole, or from an older state in which few results were others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from leaderboard.boards.choosing import Conditions, conditions
from leaderboard.boards.column_scores import ColumnScores, ScoresOfColumns
from leaderboard.boards.definition import Rules
from leaderboard.boards.making.changing import changed
from leaderboard.boards.making.rows import in_order, rows_of
from leaderboard.boards.standing import Board
from leaderboard.memory.arrays import Numbers
from leaderboard.memory.facts import Facts


class Canonical:
    """The order of all variants by name and precision, kept while there are no new ones."""

    def __init__(self) -> None:
        self._of: tuple[object, object] = (None, None)
        self._order: Numbers = np.empty(0, np.int32)

    def order(self, facts: Facts) -> Numbers:
        of = (facts.variants, facts.models.rank)
        if of[0] is not self._of[0] or of[1] is not self._of[1]:
            self._order, self._of = in_order(facts), of
        return self._order


class BoardMaker:
    """Makes boards, and keeps what several states and boards have in common."""

    def __init__(self) -> None:
        self._columns = ScoresOfColumns()
        self._canonical = Canonical()

    def make(
        self, facts: Facts, rules: Rules, verified: bool = False, before: Board | None = None
    ) -> Board:
        """The board in this state of the facts; `verified`: of verified results alone.

        `before` is an older state of it, of which most is still the same.
        """
        columns = conditions(facts, rules, verified)
        scores = [self._columns.of(facts, column, rules, verified) for column in columns]
        if before is not None and _unchanged(before, facts, columns, scores):
            return before.at_a_later(facts)
        if before is not None and list(before.columns) == list(columns):
            board = changed(before, facts, scores)
            if board is not None:
                return board
        rows = rows_of(facts, columns, scores, self._canonical.order(facts))
        return Board(facts, columns, scores, rows.variants, rows.at, rows.mean, rows.error)

    def ranked(self, facts: Facts, rules: Rules) -> int:
        """How many rows of the board have a rank, counted without making the board."""
        columns, variants = conditions(facts, rules, False), facts.variants
        complete = np.full(len(variants), bool(columns))
        for column in columns:
            has = np.zeros(len(variants), np.bool_)
            has[self._columns.of(facts, column, rules, False).results.variant] = True
            complete &= has
        rows = variants.model[complete].astype(np.int64) << 16 | variants.precision[complete]
        return len(np.unique(rows))

    def forget(self, boards: Iterable[Board]) -> None:
        """Keep only the columns of these boards."""
        self._columns.keep({id(scores) for board in boards for scores in board.scores})


def _unchanged(
    board: Board, facts: Facts, columns: Sequence[Conditions], scores: Sequence[ColumnScores]
) -> bool:
    """Whether the board would come out the same, and answers about its models too."""
    return (
        board.facts.models is facts.models
        and board.facts.variants is facts.variants
        and list(board.columns) == list(columns)
        and len(board.scores) == len(scores)
        and all(one is other for one, other in zip(board.scores, scores, strict=True))
    )
