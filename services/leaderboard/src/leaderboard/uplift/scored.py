"""A model and its parents with the scores that are compared."""

from __future__ import annotations

from collections import defaultdict

from leaderboard.memory.facts import Facts
from leaderboard.uplift.measuring import (
    Measurements,
    Rows,
    Score,
    measured,
    precisions_of,
    rows_of,
)
from leaderboard.uplift.parents import parents_of
from leaderboard.uplift.precisions import preference


class Scored:
    """A model and its parents, with the scores of each.

    The model's are those in `precision` or, without one, in all that it has.
    """

    def __init__(self, facts: Facts, model: int, precision: str | None) -> None:
        self.facts, self.model = facts, model
        self.parents = parents_of(facts, model)
        own, *others = rows_of(facts, [model, *(parent.model for parent in self.parents)])
        some = [each for each in precisions_of(own) if precision in (None, each)]
        self.own = measured(facts, own, some)
        self.of = {
            parent.name: scores
            for parent, rows in zip(self.parents, others, strict=True)
            if (scores := _beside(facts, rows, self.own))
        }

    @property
    def results(self) -> list[int]:
        """The ids of all results that are compared."""
        shared = set().union(*self.of.values())
        mine = [self.own[at].result for at in shared]
        return mine + [score.result for scores in self.of.values() for score in scores.values()]


def _beside(facts: Facts, rows: Rows, own: Measurements) -> Measurements:
    """A parent's scores in the settings of `own`, in the same precision where it has one."""
    settings = defaultdict(list)
    for at, score in own.items():
        settings[score.precision].append(at)
    every = sorted({*settings, *precisions_of(rows)}, key=preference)
    scores: dict[int, Score] = {}
    for precision, mine in settings.items():
        order = [precision, *(each for each in every if each != precision)]
        scores |= measured(facts, rows, order, mine)
    return scores
