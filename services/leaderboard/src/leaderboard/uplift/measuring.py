"""The scores of one model in all settings, for comparing it with others setting by setting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from leaderboard.boards.choosing import metric_of
from leaderboard.memory.facts import Facts
from leaderboard.memory.keys import SettingKey
from leaderboard.memory.scores import Scores
from leaderboard.statistics import intervals
from leaderboard.statistics.intervals import Estimate
from leaderboard.uplift.precisions import preference


@dataclass(frozen=True)
class Score:
    """The result that counts of a model in a setting.

    `error` is NaN if neither a standard error nor a number of items is known.
    """

    result: int
    precision: str
    value: float
    error: float
    count: int
    binary: bool

    def at(self, alpha: float) -> Estimate:
        """Wilson's interval for a share of items that are right or wrong, else the normal one."""
        if self.binary and 0 <= self.value <= 1 and self.count > 0:
            return intervals.wilson(self.value, self.count, alpha)
        return intervals.normal(self.value, self.error, alpha)


Measurements = Mapping[int, Score]
"""Scores by the place of their settings in the facts."""


def comparable(key: SettingKey) -> bool:
    """Whether a setting is of a whole benchmark, and more is better in it."""
    metric = metric_of(key.benchmark, key.version, key.metric)
    return not key.subtask and (metric is None or metric.direction == "higher")


Rows = Mapping[int, Sequence[tuple[str, int]]]
"""A model's results: by setting, the precision and the row of the best one of each variant."""


def rows_of(facts: Facts, models: Sequence[int]) -> list[Rows]:
    """Where the results of each of these models are."""
    of_models = [facts.variants.of(model) for model in models]
    variants = np.concatenate(of_models)
    precisions = [facts.codes.precision[at] for at in facts.variants.precision[variants].tolist()]
    owners = [place for place, own in enumerate(of_models) for _ in own]
    found: list[dict[int, list[tuple[str, int]]]] = [{} for _ in models]
    for at, scores in enumerate(facts.scores):
        rows = scores.positions(variants).tolist()
        for owner, precision, row in zip(owners, precisions, rows, strict=True):
            if row >= 0:
                found[owner].setdefault(at, []).append((precision, row))
    return [*found]


def precisions_of(rows: Rows) -> list[str]:
    """The precisions that a model has results in: the one with the most settings first."""
    counts = Counter(name for has in rows.values() for name in {name for name, _ in has})
    return sorted(counts, key=lambda name: (-counts[name], preference(name), name))


def measured(
    facts: Facts, rows: Rows, precisions: Sequence[str], settings: Collection[int] | None = None
) -> Measurements:
    """A model's scores in these settings, or in all.

    - `precisions`: only results in these; of several in a setting, those in the first one count.
      Of those the most trusted source's, and of that the newest.
    """
    wanted = {each: place for place, each in enumerate(precisions)}
    found = {}
    for at in rows if settings is None else settings:
        mine = [(wanted[name], row) for name, row in rows.get(at, ()) if name in wanted]
        if mine and comparable(facts.settings[at]):
            scores = facts.scores[at]
            place, row = min(mine, key=partial(_trust, scores)) if len(mine) > 1 else mine[0]
            found[at] = _score(scores, row, precisions[place])
    return found


def _trust(scores: Scores, found: tuple[int, int]) -> tuple[int, int, int, int]:
    place, row = found
    source, when = int(scores.source[row]), int(scores.when[row])
    return place, source, -when, -int(scores.result[row])


def _score(scores: Scores, row: int, precision: str) -> Score:
    return Score(
        result=scores.result.item(row),
        precision=precision,
        value=scores.value.item(row),
        error=scores.error.item(row),
        count=scores.count.item(row),
        binary=scores.binary.item(row),
    )
