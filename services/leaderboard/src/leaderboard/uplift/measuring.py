"""The scores of one model in all settings, for comparing it with others setting by setting."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
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


def measured(
    facts: Facts, model: int, precisions: Sequence[str], settings: Collection[int] | None = None
) -> Measurements:
    """A model's scores in these settings, or in all.

    - `precisions`: only results in these; of several in a setting, those in the first one count.
      Of those the most trusted source's, and of that the newest.
    """
    variants = facts.variants.of(model)
    texts = [facts.codes.precision[code] for code in facts.variants.precision[variants].tolist()]
    wanted = {each: place for place, each in enumerate(precisions)}
    mine = [
        (wanted[text], int(v)) for v, text in zip(variants, texts, strict=True) if text in wanted
    ]
    asked = range(len(facts.settings)) if settings is None else settings
    found = {}
    for at in asked:
        if comparable(facts.settings[at]):
            rows = list(_rows(facts.scores[at], mine))
            if rows:
                place, row = min(rows, key=partial(_trust, facts.scores[at]))
                found[at] = _score(facts.scores[at], row, precisions[place])
    return found


def precisions_of(facts: Facts, model: int) -> list[str]:
    """The precisions that a model has results in: the one with the most settings first."""
    variants = facts.variants.of(model)
    counts: dict[str, set[int]] = {}
    for at, scores in enumerate(facts.scores):
        for variant in variants[scores.positions(variants) >= 0].tolist():
            name = facts.codes.precision[int(facts.variants.precision[variant])]
            counts.setdefault(name, set()).add(at)
    return sorted(counts, key=lambda name: (-len(counts[name]), preference(name), name))


def _rows(scores: Scores, variants: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The place of its precision, and the best row, of each variant that has one."""
    at = scores.positions(np.array([variant for _, variant in variants], np.int32))
    return ((place, int(row)) for (place, _), row in zip(variants, at, strict=True) if row >= 0)


def _trust(scores: Scores, found: tuple[int, int]) -> tuple[int, int, int, int]:
    place, row = found
    source, when = int(scores.source[row]), int(scores.when[row])
    return place, source, -when, -int(scores.result[row])


def _score(scores: Scores, row: int, precision: str) -> Score:
    return Score(
        result=int(scores.result[row]),
        precision=precision,
        value=float(scores.value[row]),
        error=float(scores.error[row]),
        count=int(scores.count[row]),
        binary=bool(scores.binary[row]),
    )
