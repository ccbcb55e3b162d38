"""The current results in one setting."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leaderboard.memory.arrays import Codes8, Counts, Flags, Integers, Numbers, Values


@dataclass(frozen=True, eq=False)
class Scores:
    """The newest full result of each variant and source, sorted by both, the best source first.

    A change makes a new object; one that is the same object has not changed.

    - `variant`: index of the variant, not its id.
    - `source`: place in `SOURCES`.
    - `value`: on its natural scale, 0 to 1 for a share of items.
    - `stderr`: NaN if unknown. `count`: how many items; 0 if unknown.
    - `binary`: each item is right or wrong.
    - `when`: when it was evaluated, in microseconds since 2000; the least number if unknown.
    - `result`: the id of the row in the table of results.
    """

    variant: Numbers
    source: Codes8
    value: Values
    stderr: Values
    count: Counts
    binary: Flags
    when: Integers
    result: Integers

    def __len__(self) -> int:
        return len(self.variant)

    def columns(self) -> dict[str, NDArray[Any]]:
        """Every column by its name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def take(self, rows: NDArray[Any]) -> Scores:
        """Some rows, by their positions or by a mask, in ascending order."""
        return Scores(**{name: column[rows] for name, column in self.columns().items()})

    @property
    def best(self) -> Scores:
        """One result of each variant: verified before community before imported."""
        return self if self._best is None else self._best

    @property
    def verified(self) -> Scores:
        """The verified results alone."""
        return self if self._verified is None else self._verified

    @cached_property
    def _best(self) -> Scores | None:
        """None for all: scores that refer to themselves would stay in memory for long."""
        first = np.ones(len(self), np.bool_)
        first[1:] = self.variant[1:] != self.variant[:-1]
        return None if first.all() else self.take(first)

    @cached_property
    def _verified(self) -> Scores | None:
        mine = self.source == 0
        return None if mine.all() else self.take(mine)

    def chosen(self, verified: bool) -> Scores:
        """One result of each variant, whatever its source or only verified ones."""
        return self.verified if verified else self.best

    @cached_property
    def error(self) -> Values:
        """The standard errors: as stated, else the binomial one √(p(1-p)/n), else NaN."""
        share = (self.count > 0) & (self.value >= 0) & (self.value <= 1) & np.isnan(self.stderr)
        error = self.stderr.copy()
        value = self.value[share]
        error[share] = np.sqrt(value * (1 - value) / self.count[share])
        return error

    def positions(self, variants: Numbers) -> Numbers:
        """Where the first row of each variant is; -1 where there is none."""
        if not len(self):
            return np.full(len(variants), -1, np.int32)
        at = np.minimum(self.variant.searchsorted(variants), len(self) - 1)
        return np.where(self.variant[at] == variants, at, -1).astype(np.int32)


def no_scores() -> Scores:
    """A setting without results."""
    return Scores(
        np.empty(0, np.int32),
        np.empty(0, np.uint8),
        np.empty(0, np.float64),
        np.empty(0, np.float64),
        np.empty(0, np.int32),
        np.empty(0, np.bool_),
        np.empty(0, np.int64),
        np.empty(0, np.int64),
    )
