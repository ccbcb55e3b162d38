"""The scores of a column: one of each variant, on the board's scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from leaderboard.boards.choosing import Conditions, metric_of
from leaderboard.boards.definition import Rules
from leaderboard.memory.arrays import Flags, Numbers, Values
from leaderboard.memory.facts import Facts
from leaderboard.memory.scores import Scores, no_scores
from mergehub.benchmarks.baselines import Baseline

PERFECT = 100.0


@dataclass(frozen=True)
class Scale:
    """From a value between 0 and 1 to the board's scale: linear from `guess` on, and cut off at 0.

    scaled = 100 · (value - guess) / (1 - guess)
    """

    guess: float
    cut: bool

    def of(self, values: Values) -> Values:
        """Values, or ends of intervals, on the scale."""
        scaled = self.factor * (values - self.guess)
        return np.maximum(scaled, 0.0) if self.cut else scaled

    @property
    def factor(self) -> float:
        """By how much errors are multiplied."""
        return PERFECT / (1 - self.guess)


@dataclass(frozen=True, eq=False)
class ColumnScores:
    """A column's results, sorted by variant, and where they lie on the board's scale.

    - `value`, `error`: on the scale; the error is NaN if unknown.
    - `by_part`: the value is the mean of the scaled values of subtasks.
    """

    results: Scores
    value: Values
    error: Values
    scale: Scale
    by_part: Flags

    def __len__(self) -> int:
        return len(self.results)


class ScoresOfColumns:
    """Makes the scores of columns, and keeps those whose results have not changed."""

    def __init__(self) -> None:
        self._kept: dict[object, tuple[list[Scores], ColumnScores]] = {}

    def of(self, facts: Facts, column: Conditions, rules: Rules, verified: bool) -> ColumnScores:
        """The scores of a column."""
        parts = tuple(sorted(column.parts.items()))
        key = (column.settings, parts, rules.normalisation, rules.below_guess, verified)
        ids = [*column.settings, *(at for _, settings in parts for at in settings)]
        sources = [facts.scores[at] for at in ids]
        kept = self._kept.get(key)
        if kept and all(one is other for one, other in zip(kept[0], sources, strict=True)):
            return kept[1]
        made = _made(facts, column, rules, verified)
        self._kept[key] = (sources, made)
        return made

    def keep(self, used: set[int]) -> None:
        """Drop those whose `id` is not among the used ones."""
        self._kept = {key: each for key, each in self._kept.items() if id(each[1]) in used}


def _made(facts: Facts, column: Conditions, rules: Rules, verified: bool) -> ColumnScores:
    metric = metric_of(column.column.benchmark, column.shown["version"], column.shown["metric"])
    baseline = metric.baseline if metric and rules.normalisation == "guess" else None
    scale = Scale(baseline.expected if baseline else 0.0, rules.below_guess == "zero")
    whole = _shares(_together([facts.scores[at].chosen(verified) for at in column.settings]))
    nothing = np.zeros(len(whole), np.bool_)
    made = ColumnScores(whole, scale.of(whole.value), scale.factor * whole.error, scale, nothing)
    if not baseline or not baseline.subtasks or not column.parts.keys() >= baseline.subtasks.keys():
        return made
    parts = {
        name: _shares(_together([facts.scores[at].chosen(verified) for at in column.parts[name]]))
        for name in baseline.subtasks
    }
    return _with_parts(made, _of_parts(parts, baseline, scale))


def _together(scores: Sequence[Scores]) -> Scores:
    """One result of each variant: the most trusted source's, and of that the newest."""
    if len(scores) < 2:
        return scores[0] if scores else no_scores()
    columns = [each.columns() for each in scores]
    both = Scores(**{name: np.concatenate([each[name] for each in columns]) for name in columns[0]})
    order = np.lexsort((-both.result, ~both.when, both.source, both.variant))
    return both.take(order).best


def _shares(scores: Scores) -> Scores:
    """Those between 0 and 1; what is outside has no place on the scale."""
    inside = (scores.value >= 0) & (scores.value <= 1)
    return scores if inside.all() else scores.take(inside)


def _of_parts(parts: Mapping[str, Scores], baseline: Baseline, scale: Scale) -> ColumnScores:
    """The plain mean of the scaled subtasks, of variants that have all of them."""
    shared = _shared([each.variant for each in parts.values()])
    value, raw, variance = np.zeros(len(shared)), np.zeros(len(shared)), np.zeros(len(shared))
    count, when = np.zeros(len(shared), np.int32), np.full(len(shared), np.iinfo(np.int64).min)
    result, source = np.zeros(len(shared), np.int64), np.zeros(len(shared), np.uint8)
    items = sum(each.items for each in baseline.subtasks.values())
    for name, part in parts.items():
        subtask = baseline.subtasks[name]
        mine = part.take(part.positions(shared))
        own = Scale(subtask.expected, scale.cut)
        value += own.of(mine.value) / len(parts)
        raw += mine.value * subtask.items / items
        variance += (own.factor * mine.error / len(parts)) ** 2
        count += mine.count
        when, result = np.maximum(when, mine.when), np.maximum(result, mine.result)
        source = np.maximum(source, mine.source)
    error = np.sqrt(variance)
    binary, unknown = np.zeros(len(shared), np.bool_), np.full(len(shared), np.nan)
    results = Scores(shared, source, raw, unknown, count, binary, when, result)
    return ColumnScores(results, value, error, scale, ~binary)


def _with_parts(whole: ColumnScores, parts: ColumnScores) -> ColumnScores:
    """The scores by subtask, and of variants that lack some those of the whole benchmark."""
    if not len(parts):
        return whole
    alone = ~np.isin(whole.results.variant, parts.results.variant)
    kept = whole.results.take(alone).columns()
    results = {
        name: np.concatenate([kept[name], each]) for name, each in parts.results.columns().items()
    }
    order = np.argsort(results["variant"], kind="stable")
    return ColumnScores(
        Scores(**{name: each[order] for name, each in results.items()}),
        np.concatenate([whole.value[alone], parts.value])[order],
        np.concatenate([whole.error[alone], parts.error])[order],
        whole.scale,
        np.concatenate([whole.by_part[alone], parts.by_part])[order],
    )


def _shared(variants: Sequence[Numbers]) -> Numbers:
    """The variants that are in all."""
    shared = variants[0]
    for each in variants[1:]:
        shared = np.intersect1d(shared, each, assume_unique=True)
    return shared
