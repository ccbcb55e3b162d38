"""What every merge gained on a board, at once: vectors over all merges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from leaderboard.memory.arrays import Codes16, Flags, Integers, Numbers, Values
from leaderboard.memory.columns import VariantColumns, Vocabulary
from leaderboard.memory.facts import Facts
from leaderboard.memory.parents import INGREDIENT, Parents
from leaderboard.uplift.precisions import preference

Against = Literal["best", "mean", "base"]
Places = NDArray[np.integer[Any]]
SEVERAL, UNSETTLED = -1, -2
AGAINST: tuple[Against, ...] = get_args(Against)
"""What a merge is compared with: its best ingredient, their mean, or the base that all share."""


@dataclass(frozen=True, eq=False)
class Standing:
    """The score of each variant on a board, from 0 to 100; only of those that have one.

    - `variant`: indexes, each once.
    - `error`: standard errors; NaN if unknown.
    """

    variant: Numbers
    value: Values
    error: Values


@dataclass(frozen=True, eq=False)
class Gains:
    """The points that merges gained, and their standard errors; NaN if unknown.

    - `model`: the merges, ascending; only those of which both sides have scores.
    - `row`: where the merge's score is in the standing.
    """

    model: Numbers
    row: Integers
    value: Values
    error: Values


class Sides:
    """Which variant stands for a model, alone and beside a variant of another model."""

    def __init__(self, standing: Standing, variants: VariantColumns, codes: Vocabulary) -> None:
        model = variants.model[standing.variant]
        self.precision = variants.precision[standing.variant]
        order = np.lexsort((-standing.variant, _preference(self.precision, codes), model))
        first = np.ones(len(order), np.bool_)
        first[1:] = model[order[1:]] != model[order[:-1]]
        self.models, self._main = model[order[first]], order[first]
        keys = model.astype(np.int64) << 16 | self.precision
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]

    def main(self, models: Numbers) -> Integers:
        """The row of each model in the standing; -1 where it has none."""
        return _found(self.models, self._main, models)

    def beside(self, models: Numbers, rows: Integers) -> Integers:
        """Likewise; where there is a row in the precision of `rows`, that one."""
        keys = models.astype(np.int64) << 16 | self.precision[rows]
        same = _found(self._keys, self._order, keys)
        return np.where(same >= 0, same, self.main(models))


def _preference(precision: Codes16, codes: Vocabulary) -> Numbers:
    """The place of each precision; the first stands for its model."""
    places: Numbers = np.array([preference(name) for name in codes.precision], np.int32)
    return places[precision]


def _found(sorted_keys: Places, rows: Places, keys: Places) -> Integers:
    at = np.searchsorted(sorted_keys, keys)
    found = np.full(len(keys), -1, np.int64)
    inside = at < len(sorted_keys)
    inside[inside] = sorted_keys[at[inside]] == keys[inside]
    found[inside] = rows[at[inside]]
    return found


def bases(parents: Parents) -> Numbers:
    """The one ancestor without parents that all ancestry of a model leads to; -1: several.

    A generation after the other: a model has the base that all its parents have.
    """
    counts = np.diff(parents.starts)
    base = np.where(counts == 0, np.arange(len(counts), dtype=np.int32), UNSETTLED)
    open_models = np.flatnonzero(counts)
    while len(open_models):
        starts = np.cumsum(counts[open_models]) - counts[open_models]
        rows = np.repeat(parents.starts[open_models] - starts, counts[open_models])
        above = base[parents.model[rows + np.arange(len(rows))]]
        lowest, highest = np.minimum.reduceat(above, starts), np.maximum.reduceat(above, starts)
        settled = lowest != UNSETTLED
        if not settled.any():  # only models that were reported in a circle are left
            break
        own = np.where(lowest == highest, lowest, SEVERAL)
        base[open_models[settled]] = own[settled]
        open_models = open_models[~settled]
    base[open_models] = SEVERAL
    return base.astype(np.int32)


def gains(facts: Facts, standing: Standing, against: Against) -> Gains:
    """What each merge gained that has a score, and so has all that it is compared with.

    A merge is compared in the precision that stands for it, with others in the same one if they
    were measured in it. The two scores are taken as independent: error² is the sum of both squares.
    """
    sides = Sides(standing, facts.variants, facts.codes)
    child, parent = _compared(facts, against)
    own = sides.main(child)
    child, parent, own = child[own >= 0], parent[own >= 0], own[own >= 0]
    if not len(child):
        none = np.empty(0, np.float64)
        return Gains(child, own, none, none)
    starts = np.flatnonzero(np.append(True, child[1:] != child[:-1]))
    row = sides.beside(parent, own)
    whole = np.logical_and.reduceat(row >= 0, starts)
    value, error = _other(standing, row, starts, best=against == "best")
    own = own[starts]
    gained, error = standing.value[own] - value, np.hypot(standing.error[own], error)
    return Gains(child[starts][whole], own[whole], gained[whole], error[whole])


def _compared(facts: Facts, against: Against) -> tuple[Numbers, Numbers]:
    """Pairs of a merge and what it is compared with, by the merge."""
    models, parents = facts.models, facts.models.parents
    if against == "base":
        base = bases(parents)
        merges = np.flatnonzero(models.merged & (base >= 0)).astype(np.int32)
        return merges, base[merges].astype(np.int32)
    rows = np.flatnonzero((parents.role == INGREDIENT) & models.merged[parents.child])
    pairs = np.unique(parents.child[rows].astype(np.int64) << 32 | parents.model[rows])
    return (pairs >> 32).astype(np.int32), (pairs & 0xFFFFFFFF).astype(np.int32)


def _other(standing: Standing, row: Places, starts: Places, *, best: bool) -> tuple[Values, Values]:
    """The best or the mean of the rows of each group, and its error."""
    value, error = standing.value[row], standing.error[row]
    counts = np.diff(np.append(starts, len(row)))
    if not best:
        squares = np.add.reduceat(error**2, starts)
        return np.add.reduceat(value, starts) / counts, np.sqrt(squares) / counts
    highest = np.maximum.reduceat(value, starts)
    group = np.repeat(np.arange(len(starts)), counts)
    at = np.flatnonzero(value == highest[group])
    first = np.searchsorted(group[at], np.arange(len(starts)))
    return highest, error[at[first]]


def clear(gained: Gains, reach: float) -> tuple[Flags, Flags]:
    """Which gains are clearly above zero, and which below: by value ± reach · error."""
    with np.errstate(invalid="ignore"):  # an unknown error makes nothing clear
        return gained.value > reach * gained.error, gained.value < -reach * gained.error
