"""A board made from an older state of it: only rows of models with other results are made anew.

What is made anew is made by the same functions as a whole board, of fewer variants. All else of a
row depends on its own results alone, so it comes out the same; only the order is of all rows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leaderboard.boards.column_scores import ColumnScores
from leaderboard.boards.making.rows import FEW, Rows, in_order, keys_of, positions, rows_of
from leaderboard.boards.standing import Board, Order
from leaderboard.memory.arrays import Flags, Integers, Numbers
from leaderboard.memory.facts import Facts


@dataclass(frozen=True, eq=False)
class Splice:
    """Which old rows stay, and before which of those that stay each new row comes."""

    stay: Flags
    at: Integers

    def of(self, old: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
        """A column with the new rows in their places."""
        return np.insert(old[self.stay], self.at, new)

    def order(self, old: Order, rows: Numbers, keys: NDArray[np.float64]) -> Order:
        """An order of all rows: `rows` are the new ones, `keys` the keys of all."""
        others = np.ones(len(keys), np.bool_)
        others[rows] = False
        now_at = np.empty(len(self.stay), np.int32)
        now_at[self.stay] = np.flatnonzero(others)
        same = now_at[old.rows[self.stay[old.rows]]]
        found, wanted = keys[same], keys[rows]
        new = rows[np.lexsort((rows, wanted))]
        ends = (np.searchsorted(found, keys[new], side) for side in ("left", "right"))
        places = [bisect_left(same, row, *of) for row, *of in zip(new, *ends, strict=True)]
        return Order(np.insert(same, np.array(places, np.int64), new), keys)


def changed(before: Board, facts: Facts, scores: Sequence[ColumnScores]) -> Board | None:
    """The board in a later state of the facts, with the same columns; None: make it whole."""
    touched = facts.recent.since(before.facts.recent)
    if facts.codes is not before.facts.codes or touched is None:
        return None
    models = np.zeros(len(facts.models), np.bool_)
    models[facts.variants.model[touched]] = True
    variants = np.flatnonzero(models[facts.variants.model]).astype(np.int32)
    stay, keys = ~models[before.models], keys_of(facts, before.models, before.precision)
    if len(variants) > len(facts.variants) // FEW or not _ascend(keys):
        return None
    rows = rows_of(facts, before.columns, scores, in_order(facts, variants))
    of = facts.variants
    new = keys_of(facts, of.model[rows.variants], of.precision[rows.variants])
    splice = Splice(stay, np.searchsorted(keys[stay], new))
    return _spliced(before, facts, scores, rows, splice)


def _spliced(
    before: Board, facts: Facts, scores: Sequence[ColumnScores], rows: Rows, splice: Splice
) -> Board:
    columns = zip(before.scores, scores, before.at, rows.at, strict=True)
    mean = splice.of(before.mean, rows.mean)
    board = Board(
        facts,
        before.columns,
        scores,
        splice.of(before.variants, rows.variants),
        [
            splice.of(_moved(old, new, at, before.variants, len(facts.variants)), own)
            for old, new, at, own in columns
        ],
        mean,
        splice.of(before.error, rows.error),
    )
    fresh = (splice.at + np.arange(len(splice.at))).astype(np.int32)
    board.__dict__["by_mean"] = splice.order(before.by_mean, fresh, -mean)
    board.__dict__["models"] = splice.of(before.models, facts.variants.model[rows.variants])
    return board


def _moved(
    old: ColumnScores, new: ColumnScores, at: Numbers, variants: Numbers, size: int
) -> Numbers:
    """Where old rows have their scores now: where they were, if others came after them only."""
    before, now = old.results.variant, new.results.variant
    if before is now or np.array_equal(before, now[: len(before)]):
        return at
    return positions(new, variants, size)


def _ascend(keys: Integers) -> bool:
    """Whether old rows still lie in their order, as no model has got another name."""
    return bool(np.all(keys[1:] > keys[:-1]))
