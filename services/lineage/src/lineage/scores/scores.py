"""The scores of those models that have one, as arrays beside the graph."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from lineage.memory.arrays import NOTHING, Numbers, Shares

_TICK = timedelta(microseconds=1)
DIGITS = 4


class Score(NamedTuple):
    """A model's score and its uplift; None: none."""

    score: float | None
    uplift: float | None


@dataclass(frozen=True)
class Scores:
    """Scores and uplift by the numbers of models, which are sorted; NaN: none.

    Any thread may read it: a change makes another object. `as_of` is when the leaderboard last
    changed a score, and grows with each change here; None: nothing is known.
    """

    models: Numbers
    score: Shares
    uplift: Shares
    as_of: datetime | None

    def of(self, models: Numbers) -> tuple[Shares, Shares]:
        """The score and the uplift of each model."""
        none = np.full(len(models), np.nan, np.float32)
        if not len(self.models):
            return none, none
        at = np.minimum(np.searchsorted(self.models, models), len(self.models) - 1)
        known = self.models[at] == models
        return np.where(known, self.score[at], none), np.where(known, self.uplift[at], none)

    def of_one(self, model: int) -> Score:
        """The score and the uplift of one model."""
        score, uplift = (float(each[0]) for each in self.of(np.array([model], np.int32)))
        return Score(
            None if math.isnan(score) else round(score, DIGITS),
            None if math.isnan(uplift) else round(uplift, DIGITS),
        )

    def changed(self, models: Numbers, score: Shares, uplift: Shares) -> Scores:
        """With other scores of some models; of several about one model, the last counts."""
        backwards = models[::-1]
        new, last = np.unique(backwards, return_index=True)
        score, uplift = score[::-1][last], uplift[::-1][last]
        at = np.searchsorted(self.models, new)
        known = np.append(self.models, -1)[at] == new
        kept = np.ones(len(self.models), np.bool_)
        kept[at[known]] = False
        at -= np.cumsum(known) - known  # as those before are taken out
        return replace(
            self,
            models=np.insert(self.models[kept], at, new),
            score=np.insert(self.score[kept], at, score),
            uplift=np.insert(self.uplift[kept], at, uplift),
        )

    def at(self, changed_at: datetime) -> Scores:
        """The same as of a moment, or of the next one after the present `as_of`."""
        return replace(
            self, as_of=max(changed_at, self.as_of + _TICK if self.as_of else changed_at)
        )


NO_SCORES = Scores(NOTHING, np.empty(0, np.float32), np.empty(0, np.float32), None)
