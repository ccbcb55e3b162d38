"""A model's score in a column of a board, and its difference to another model's in points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from leaderboard.boards.column_scores import ColumnScores
from leaderboard.statistics import differences, intervals
from leaderboard.statistics.differences import Difference
from leaderboard.statistics.intervals import Estimate

Items = Mapping[int, Mapping[str, float]]


@dataclass(frozen=True)
class Side:
    """A model's score in a column: the place `at` of its result there."""

    scores: ColumnScores
    at: int

    @property
    def result(self) -> int:
        """The id of the result."""
        return int(self.scores.results.result[self.at])

    @property
    def raw(self) -> float:
        """The value on its own scale."""
        return float(self.scores.results.value[self.at])

    @property
    def value(self) -> float:
        """The score in points."""
        return float(self.scores.value[self.at])

    def own(self, alpha: float) -> Estimate:
        """The value with its interval on its own scale."""
        results, at = self.scores.results, self.at
        count = int(results.count[at])
        if results.binary[at] and count > 0:
            return intervals.wilson(self.raw, count, alpha)
        return intervals.normal(self.raw, float(results.error[at]), alpha)

    def points(self, alpha: float) -> Estimate:
        """The score with its interval in points."""
        if self.scores.by_part[self.at]:
            return intervals.normal(self.value, float(self.scores.error[self.at]), alpha)
        own, scale = self.own(alpha), self.scores.scale
        low, high = scale.of(np.array([own.low, own.high])).tolist()
        return Estimate(self.value, low, high)

    @property
    def linear(self) -> bool:
        """Whether points are proportional to what is above a guess: no part, and not cut off."""
        return not self.scores.by_part[self.at] and self.raw >= self.scores.scale.guess


def difference(one: Side, other: Side, items: Items) -> Difference:
    """`one` minus `other` in points; item by item if both have item scores in common."""
    mine, theirs = items.get(one.result, {}), items.get(other.result, {})
    if one.linear and other.linear:
        found = differences.between(one.own, mine, [(other.own, theirs)])
        if found.items:
            return _scaled(found, one.scores.scale.factor)
    return differences.between(one.points, {}, [(other.points, {})])


def _scaled(found: Difference, factor: float) -> Difference:
    def interval(alpha: float) -> Estimate:
        own = found.at(alpha)
        return Estimate(factor * own.value, factor * own.low, factor * own.high)

    return Difference(found.method, found.items, interval, found.counts, found.test)
