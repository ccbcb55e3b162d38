"""The response that recommends what to merge."""

from __future__ import annotations

from leaderboard.recommendations.evidence import Amount
from leaderboard.recommendations.licences import Verdict as Licence
from leaderboard.statistics.families import Verdict
from leaderboard.uplift.schemas import Interval
from leaderboard.uplift.tables.schemas import GroupGain
from mergehub.contracts.messages import Answer


class IngredientScore(Interval):
    """A score in points of the board, and the result that it comes from."""

    benchmark: str
    result: int


class RecommendedModel(Answer):
    """A model to merge. `score` is its weighted mean, and `leads` where it is the best of all."""

    model: str
    precision: str
    licence: str | None
    score: float
    scores: list[IngredientScore]
    leads: list[str]


class LicenceAgreement(Answer):
    """Whether a merge can keep the licences of all ingredients and of the base, and why not.

    It is a help for people who decide, not legal advice.
    """

    verdict: Licence
    reasons: list[str]


class SimilarMerges(GroupGain):
    """What merges on the same base gained over their best ingredient.

    `method`: only merges by the method that lifts most for certain; null: by all methods.
    """

    method: str | None


class KinMerge(Answer):
    """A merge of one or more of the ingredients, and what it gained over its best ingredient."""

    model: str
    method: str
    ingredients: list[str]
    gain: Interval
    verdict: Verdict


class Recommendation(Answer):
    """Models that complement each other.

    - `potential`: the weighted mean of the best of them on each benchmark, in points, with scores
      shrunk by their standard errors. `best_single`: that of the best one alone.
    - `complement`: the difference; `complement_error`: its standard error, null if unknown.
    """

    ingredients: list[RecommendedModel]
    potential: float
    best_single: float
    complement: float
    complement_error: float | None
    why: list[str]
    shared_base: str
    licence: LicenceAgreement
    similar: SimilarMerges | None
    kin: list[KinMerge]


class LeftOut(Answer):
    """How many models or groups were not considered, and why."""

    reason: str
    count: int


class Recommendations(Answer):
    """Groups of models on a base that are worth merging, those with the most potential first.

    - `weights`: how much each benchmark of the board counts; they add up to 1.
    - `candidates`: models on the base that could be ingredients.
    - `method`: what to begin with; null if there is too little evidence for any.
    - `evidence`: how much is known of similar merges; `note` says what that means.
    """

    base: str
    domain: str | None
    board: str
    as_of: int
    evidence: Amount
    note: str
    candidates: int
    left_out: list[LeftOut]
    weights: dict[str, float]
    method: str | None
    items: list[Recommendation]
