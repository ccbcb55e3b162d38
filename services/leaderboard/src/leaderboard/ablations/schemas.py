"""The responses about ablations."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from leaderboard.statistics.differences import Method
from leaderboard.statistics.families import Verdict
from mergehub.contracts.messages import Answer
from mergehub.kit.paging.pages import Page


class Bounded(Answer):
    """A value and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


class Gain(Answer):
    """What the ingredient adds: the score of the whole merge minus that of the merge without it.

    `method`, `in_family` and `verdict` are as in the uplift of a model. A family is one ingredient
    on all benchmarks. `better`: the merge is better with the ingredient.
    """

    difference: Bounded
    p: float
    in_family: Bounded
    p_in_family: float
    verdict: Verdict
    method: Method
    items: int


class CandidateScore(Answer):
    """A candidate on one benchmark; `gain` is null for the whole merge."""

    benchmark: str
    version: str
    metric: str
    shots: int
    count: int
    limited: bool
    score: Bounded
    gain: Gain | None


class Candidate(Answer):
    """A merge that was scored: the whole if `without` is null, else the merge without a model."""

    without: str | None
    how: str
    model_digest: str
    results: list[CandidateScore]


class Ablation(Answer):
    """What one run measured; `model` is null if no run has written that merge."""

    run: UUID
    model: str | None
    recipe_digest: str
    method: str
    harness: str
    created_at: datetime
    candidates: list[Candidate]


class AblationPage(Page[Ablation]):
    """Newest first."""
