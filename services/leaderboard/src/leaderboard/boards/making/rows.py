"""The rows of some variants: one of each model and precision, with its scores and its mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leaderboard.boards.choosing import Conditions
from leaderboard.boards.column_scores import ColumnScores
from leaderboard.memory.arrays import Codes16, Flags, Integers, Numbers, Values
from leaderboard.memory.facts import Facts

NOWHERE = -1
FEW = 16
"""Of so many variants, one is few."""


@dataclass(frozen=True, eq=False)
class Rows:
    """What `leaderboard.boards.standing.Board` has of its rows."""

    variants: Numbers
    at: Sequence[Numbers]
    mean: Values
    error: Values


def keys_of(facts: Facts, models: Numbers, precision: Codes16) -> Integers:
    """What rows are ordered by: the name, without regard to case, and the precision."""
    texts = list(facts.codes.precision)
    places = np.empty(len(texts), np.int64)
    places[sorted(range(len(texts)), key=texts.__getitem__)] = np.arange(len(texts))
    keys: Integers = facts.models.rank[models].astype(np.int64) << 16 | places[precision]
    return keys


def in_order(facts: Facts, variants: Numbers | None = None) -> Numbers:
    """These variants, or all, by their keys."""
    if variants is None:
        variants = np.arange(len(facts.variants), dtype=np.int32)
    models, precision = facts.variants.model[variants], facts.variants.precision[variants]
    return variants[np.argsort(keys_of(facts, models, precision), kind="stable")]


def rows_of(
    facts: Facts,
    columns: Sequence[Conditions],
    scores: Sequence[ColumnScores],
    variants: Numbers,
) -> Rows:
    """The rows of some variants, which are all of their models and lie in the order of keys."""
    at = [positions(each, variants, len(facts.variants)) for each in scores]
    count, newest = np.zeros(len(variants), np.int32), np.zeros(len(variants), np.int64)
    for each, where in zip(scores, at, strict=True):
        if len(each):
            has = where >= 0
            count += has
            np.maximum(newest, each.results.result[where], out=newest, where=has)
    rows = _best(facts, variants, count, newest)
    if len(rows) < len(variants):
        variants, at = variants[rows], [where[rows] for where in at]
    return Rows(variants, at, *_means(columns, scores, at, len(variants)))


def positions(scores: ColumnScores, variants: Numbers, size: int) -> Numbers:
    """Where the score of each variant is in a column; `size`: how many variants there are."""
    if len(variants) < size // FEW:
        return scores.results.positions(variants)
    at = np.full(size, NOWHERE, np.int32)
    at[scores.results.variant] = np.arange(len(scores), dtype=np.int32)
    return at[variants]


def _best(facts: Facts, variants: Numbers, count: Numbers, newest: Integers) -> NDArray[np.intp]:
    """Of each model and precision, the place of the variant with most scores, if it has any."""
    some = np.flatnonzero(count > 0)
    model = facts.variants.model[variants[some]]
    precision = facts.variants.precision[variants[some]]
    begins = np.ones(len(some), np.bool_)
    begins[1:] = (model[1:] != model[:-1]) | (precision[1:] != precision[:-1])
    if begins.all():
        return some
    group = np.cumsum(begins)
    order = np.lexsort((newest[some], count[some], group))
    last: Flags = np.ones(len(some), np.bool_)
    last[:-1] = group[1:] != group[:-1]
    return some[order[last]]


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
