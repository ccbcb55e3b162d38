"""From scores to a board's rows: which results are compared, their means and their ranks."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leaderboard.results.service import Scores, Setting
from leaderboard.statistics.intervals import Estimate, mean


@dataclass(frozen=True)
class Entry:
    """A model on a board; it has no mean if it lacks a column."""

    model: str
    scores: Mapping[str, Estimate]
    mean: Estimate | None

    @property
    def key(self) -> tuple[int, float, str]:
        """The sort key of rows: the highest mean first, rows without a mean last."""
        return (1, 0.0, self.model) if self.mean is None else (0, -self.mean.value, self.model)


@dataclass(frozen=True)
class Rank:
    place: int
    best: int
    worst: int


def columns(scores: Scores) -> list[Setting]:
    """One setting per benchmark: the one that most models have; on a tie, the newest."""
    uses: dict[Setting, list[int]] = defaultdict(list)
    for settings in scores.values():
        for setting, score in settings.items():
            uses[setting].append(score.result)
    chosen: dict[str, Setting] = {}
    for setting in sorted(uses, key=lambda each: (len(uses[each]), max(uses[each]))):
        chosen[setting.benchmark] = setting
    return sorted(chosen.values())


def rows(scores: Scores, settings: Sequence[Setting]) -> list[Entry]:
    """Every model with a score in one of the columns, in the board's order."""
    found = []
    for model, measured in scores.items():
        own = {each.benchmark: measured[each].estimate for each in settings if each in measured}
        complete = len(own) == len(settings)
        if own:
            found.append(Entry(model, own, mean(list(own.values())) if complete else None))
    return sorted(found, key=lambda row: row.key)


def ranks(board: Sequence[Entry]) -> dict[str, Rank]:
    """The rank of each complete model.

    A model's best possible place comes after all models whose whole interval lies above its own.
    Its worst comes before all models whose whole interval lies below.
    """
    means = {row.model: row.mean for row in board if row.mean is not None}
    values = sorted(each.value for each in means.values())
    lows = sorted(each.low for each in means.values())
    highs = sorted(each.high for each in means.values())
    count = len(means)
    return {
        model: Rank(
            place=1 + count - bisect_right(values, own.value),
            best=1 + count - bisect_right(lows, own.high),
            worst=count - bisect_left(highs, own.low),
        )
        for model, own in means.items()
    }
