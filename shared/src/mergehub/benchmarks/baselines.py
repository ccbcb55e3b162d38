"""What a random guess scores, and scores on a scale where that is 0 and a perfect answer 100.

    normalised = 100 · (value - baseline) / (1 - baseline)

It is linear, so an uplift keeps its sign and the standard error is scaled by the same factor. A
model that is worse than a guess has a negative score; a board may count that as 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Subtask(BaseModel):
    """A part of a benchmark; its questions have so many choices each, or open answers.

    `task` is its name in lm-evaluation-harness, if that is not the benchmark's with its own behind.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: int = Field(gt=0)
    choices: Annotated[int, Field(ge=2)] | None = None
    task: str | None = None

    @property
    def expected(self) -> float:
        """The score that a random guess is expected to get."""
        return 0.0 if self.choices is None else 1 / self.choices


class Baseline(BaseModel):
    """What a random guess scores, given in one of three ways.

    `value`: the same for every item. `choices`: how many items have how many choices, for
    benchmarks whose questions differ. `subtasks`: by part; the mean weighs them by their items.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Annotated[float, Field(ge=0, lt=1)] | None = None
    choices: Mapping[int, int] = Field(default_factory=dict)
    subtasks: Mapping[str, Subtask] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_way(self) -> Baseline:
        given = (self.value is not None, bool(self.choices), bool(self.subtasks))
        if sum(given) != 1:
            raise ValueError("give one of value, choices and subtasks")
        if any(choices < 2 or items < 1 for choices, items in self.choices.items()):
            raise ValueError("choices maps a number of choices, at least 2, to a number of items")
        return self

    @property
    def expected(self) -> float:
        """The score that a random guess is expected to get over the whole benchmark."""
        if self.value is not None:
            return self.value
        if self.choices:
            guessed = math.fsum(items / choices for choices, items in self.choices.items())
            return guessed / sum(self.choices.values())
        weighed = math.fsum(each.items * each.expected for each in self.subtasks.values())
        return weighed / sum(each.items for each in self.subtasks.values())


def normalised(value: float, baseline: float) -> float:
    """`value` between 0 and 1 on the scale where a guess is 0 and perfection is 100."""
    return 100 * (value - baseline) / (1 - baseline)


def scale(baseline: float) -> float:
    """By how much an error of the value is multiplied."""
    return 100 / (1 - baseline)


def normalised_over_subtasks(values: Mapping[str, float], baseline: Baseline) -> float:
    """The plain mean of the normalised scores of all subtasks, as Open LLM Leaderboard v2 takes it.

    Raises KeyError if a subtask has no value, since a mean over fewer would be another benchmark.
    """
    scores = [normalised(values[name], each.expected) for name, each in baseline.subtasks.items()]
    return math.fsum(scores) / len(scores)
