"""A board as it stands: its rows, their means and places, and the orders to list them in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from leaderboard.boards.choosing import Conditions
from leaderboard.boards.column_scores import ColumnScores
from leaderboard.memory.arrays import Codes16, Flags, Integers, Numbers, Values
from leaderboard.memory.facts import Facts
from leaderboard.memory.parents import INGREDIENT

ROW_BITS = 32
"""A row's number has so many bits."""


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

    def reversed(self) -> Order:
        """From high to low; rows with equal keys, and those without, stay as they are."""
        size = int(np.count_nonzero(~np.isnan(self.keys)))
        first = self.keys[self.rows[:size]]
        begins = np.flatnonzero(np.append(True, first[1:] != first[:-1])[:size])
        counts = np.diff(np.append(begins, size))
        moved = size - 2 * begins - counts  # a group from `begin` up to `end` begins at size - end
        rows = self.rows.copy()
        rows[np.arange(size) + np.repeat(moved, counts)] = self.rows[:size]
        return Order(rows, -self.keys)


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
        rows, places = self.ranked_rows, np.zeros(len(self), np.int32)
        own, means = np.arange(1, self.ranked + 1, dtype=np.int32), self.mean[rows]
        own[1:][means[1:] == means[:-1]] = 0
        places[rows] = np.maximum.accumulate(own)
        return places

    @cached_property
    def by_mean(self) -> Order:
        """The best first."""
        return ordered(-self.mean)

    @cached_property
    def score_of_model(self) -> Values:
        """The best mean of each model over its rows; NaN: none."""
        scores = np.full(len(self.facts.models), np.nan)
        models = self.models
        begins = np.flatnonzero(np.diff(models, prepend=-1))  # rows of a model lie together
        scores[models[begins]] = np.fmax.reduceat(self.mean, begins) if len(begins) else ()
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
    """The rows by their keys: a stable sort that takes half of NumPy's, as it is made of others."""
    unknown = np.isnan(keys)
    some = np.flatnonzero(~unknown)
    rows = some[np.argsort(keys[some])]
    found = keys[rows]
    larger = found[1:] > found[:-1]
    if not larger.all():
        rows = _equals_by_row(rows, larger)
    return Order(np.concatenate([rows, np.flatnonzero(unknown)]).astype(np.int32), keys)


def _equals_by_row(rows: Integers, larger: Flags) -> Integers:
    """Rows in order, of which those with equal keys are to ascend: all whose next is no `larger`.

    Sorts the pairs of key and row, each as one number.
    """
    pairs = np.zeros(len(rows), np.int64)
    np.cumsum(larger, out=pairs[1:])
    pairs <<= ROW_BITS
    pairs |= rows
    pairs.sort()
    return pairs & ((1 << ROW_BITS) - 1)
