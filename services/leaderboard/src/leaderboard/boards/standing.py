"""A board as it stands: its rows, their means and places, and the orders to list them in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from leaderboard.boards.choosing import Conditions, conditions
from leaderboard.boards.column_scores import ColumnScores, ScoresOfColumns
from leaderboard.boards.definition import Rules
from leaderboard.memory.arrays import Codes16, Flags, Integers, Numbers, Values
from leaderboard.memory.facts import Facts
from leaderboard.memory.parents import INGREDIENT

NOWHERE = -1


@dataclass(frozen=True, eq=False)
class Ranks:
    """The intervals of ranks: ends by variant, 0 if there is none.

    `as_of`, `read_at`: of the state of the facts that they were computed of.
    """

    as_of: int
    read_at: datetime
    replicates: int
    best: Numbers
    worst: Numbers


class Order(NamedTuple):
    """Rows in an order: first those with a key, by the key from low to high, then the others.

    Rows with equal keys, and those without, stay in the board's own order, by name.
    """

    rows: Numbers
    keys: Values
    """Of each row by its index; NaN: none."""


@dataclass(frozen=True, eq=False)
class Board:
    """The rows of a board in one state of the facts.

    Rows lie in the order of their names (without regard to case), and of their precisions. A row
    is a model in one precision; of its revisions, the one with scores in most columns, and of
    those the one with the newest result.

    - `variants`: the variant of each row. `at`: for each column, where each row's score is in the
      column; -1: it has none.
    - `mean`, `error`: of each row; NaN: it lacks a column, or an error is unknown.
    """

    facts: Facts
    columns: Sequence[Conditions]
    scores: Sequence[ColumnScores]
    variants: Numbers
    at: Sequence[Numbers]
    mean: Values
    error: Values

    def __len__(self) -> int:
        return len(self.variants)

    def at_a_later(self, facts: Facts) -> Board:
        """The same board in a state of the facts in which nothing of it has changed."""
        later = replace(self, facts=facts)
        later.__dict__.update({**self.__dict__, "facts": facts})
        return later

    @cached_property
    def models(self) -> Numbers:
        """The model of each row."""
        return self.facts.variants.model[self.variants]

    @cached_property
    def precision(self) -> Codes16:
        """The code of the precision of each row."""
        return self.facts.variants.precision[self.variants]

    def of_models(self, name: str) -> NDArray[Any]:
        """What a column of models has for each row."""
        kept: dict[str, NDArray[Any]] = self.__dict__.setdefault("columns_of_models", {})
        if name not in kept:
            kept[name] = getattr(self.facts.models, name)[self.models]
        return kept[name]

    @cached_property
    def ranked(self) -> int:
        """How many rows have a mean, and so a place."""
        return int(np.count_nonzero(~np.isnan(self.mean)))

    @property
    def ranked_rows(self) -> Numbers:
        """The rows that have a rank, the best first."""
        return self.by_mean.rows[: self.ranked]

    @cached_property
    def places(self) -> Numbers:
        """The place of each row, from 1; equal means share the better one; 0: none."""
        means = np.sort(self.mean)[: self.ranked]
        places = 1 + self.ranked - np.searchsorted(means, self.mean, side="right")
        return np.where(np.isnan(self.mean), 0, places).astype(np.int32)

    @cached_property
    def by_mean(self) -> Order:
        """The best first."""
        return ordered(-self.mean)

    @cached_property
    def score_of_model(self) -> Values:
        """The best mean of each model over its rows; NaN: none."""
        scores = np.full(len(self.facts.models), np.nan)
        best_last = self.by_mean.rows[: self.ranked][::-1]
        scores[self.models[best_last]] = self.mean[best_last]
        return scores

    @cached_property
    def uplift_of_model(self) -> Values:
        """A model's score minus that of its best ingredient; NaN unless all have a score."""
        parents = self.facts.models.parents
        mine = parents.role == INGREDIENT
        best = np.full(len(self.facts.models), -np.inf)
        with np.errstate(invalid="ignore"):  # NaN stays
            np.maximum.at(best, parents.child[mine], self.score_of_model[parents.model[mine]])
        best[np.isneginf(best)] = np.nan
        lift: Values = self.score_of_model - best
        return lift

    @cached_property
    def uplift(self) -> Values:
        """The uplift of each row: its mean minus its best ingredient's."""
        lift: Values = self.uplift_of_model[self.models]
        lift += self.mean - self.score_of_model[self.models]
        return lift

    def value(self, column: int) -> Values:
        """The scores of one column by row; NaN: none."""
        at = self.at[column]
        values = np.full(len(at), np.nan)
        some = at >= 0
        values[some] = self.scores[column].value[at[some]]
        return values


def ordered(keys: Values) -> Order:
    """The rows by their keys."""
    return Order(np.argsort(keys, kind="stable").astype(np.int32), keys)


class Canonical:
    """The order of all variants by name and precision, kept while there are no new ones."""

    def __init__(self) -> None:
        self._of: tuple[object, object] = (None, None)
        self._order: Numbers = np.empty(0, np.int32)

    def order(self, facts: Facts) -> Numbers:
        variants = facts.variants
        of = (variants, facts.models.rank)
        if of[0] is not self._of[0] or of[1] is not self._of[1]:
            texts = list(facts.codes.precision)
            places = np.empty(len(texts), np.int64)
            places[sorted(range(len(texts)), key=texts.__getitem__)] = np.arange(len(texts))
            keys = facts.models.rank[variants.model].astype(np.int64) << 16
            keys |= places[variants.precision]
            self._order = np.argsort(keys, kind="stable").astype(np.int32)
            self._of = of
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

        `before` is an older state of it. What it is made of may still be the same.
        """
        columns = conditions(facts, rules, verified)
        scores = [self._columns.of(facts, column, rules, verified) for column in columns]
        if before is not None and _unchanged(before, facts, columns, scores):
            return before.at_a_later(facts)
        variants = self._rows(facts, scores)
        at = [_positions(each, variants, len(facts.variants)) for each in scores]
        mean, error = _means(columns, scores, at, len(variants))
        return Board(facts, columns, scores, variants, at, mean, error)

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

    def _rows(self, facts: Facts, scores: Sequence[ColumnScores]) -> Numbers:
        """The variants that are rows: those with a score, one of each model and precision."""
        size = len(facts.variants)
        count, newest = np.zeros(size, np.int32), np.zeros(size, np.int64)
        for each in scores:
            results = each.results
            count[results.variant] += 1
            newest[results.variant] = np.maximum(newest[results.variant], results.result)
        order = self._canonical.order(facts)
        some = order[count[order] > 0]
        return some[_best_of_groups(facts, some, count, newest)]


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


def _best_of_groups(
    facts: Facts, some: Numbers, count: Numbers, newest: Integers
) -> NDArray[np.intp]:
    """Which of `some`, whose groups lie together, are the best of their model and precision."""
    model, precision = facts.variants.model[some], facts.variants.precision[some]
    begins = np.ones(len(some), np.bool_)
    begins[1:] = (model[1:] != model[:-1]) | (precision[1:] != precision[:-1])
    if begins.all():
        return np.arange(len(some))
    group = np.cumsum(begins)
    order = np.lexsort((newest[some], count[some], group))
    last: Flags = np.ones(len(some), np.bool_)
    last[:-1] = group[1:] != group[:-1]
    return order[last]


def _positions(scores: ColumnScores, variants: Numbers, size: int) -> Numbers:
    """Where the score of each variant is in a column."""
    at = np.full(size, NOWHERE, np.int32)
    at[scores.results.variant] = np.arange(len(scores), dtype=np.int32)
    return at[variants]


def _means(
    columns: Sequence[Conditions],
    scores: Sequence[ColumnScores],
    at: Sequence[Numbers],
    size: int,
) -> tuple[Values, Values]:
    """The weighted mean of each row that has all columns, and its error."""
    total = sum(each.column.weight for each in columns)
    mean, variance = np.zeros(size), np.zeros(size)
    if not columns:
        return np.full(size, np.nan), variance
    for column, each, where in zip(columns, scores, at, strict=True):
        if not len(each):
            return np.full(size, np.nan), np.full(size, np.nan)
        share = column.column.weight / total
        mean += np.where(where >= 0, share * each.value[where], np.nan)
        variance += np.where(where >= 0, (share * each.error[where]) ** 2, np.nan)
    return mean, np.sqrt(variance)
