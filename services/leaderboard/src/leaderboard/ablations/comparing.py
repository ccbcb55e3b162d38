"""Compares a merge with the merge without each of its ingredients: pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from leaderboard.ablations import schemas
from leaderboard.statistics import differences, families, intervals
from leaderboard.statistics.differences import Difference, Interval, Items
from leaderboard.statistics.intervals import ALPHA, Estimate
from mergehub.contracts.events import AblationCompleted, ToldCandidate, ToldScore

ItemScores = Mapping[str, Items]
"""Item scores by the names under which a run has them: `dates`, `dates~1` and so on."""


def item_names(told: AblationCompleted) -> list[str]:
    """The names of all item scores of an ablation."""
    return [
        _items_of(score.benchmark, place)
        for place, candidate in enumerate(told.candidates)
        for score in candidate.results
    ]


def compared(told: AblationCompleted, items: ItemScores) -> list[schemas.Candidate]:
    """Every candidate with its scores; all but the first with what its ingredient adds."""
    whole = {score.benchmark: score for score in told.candidates[0].results}
    return [
        schemas.Candidate(
            without=candidate.without,
            how=candidate.how,
            model_digest=candidate.model_digest,
            results=list(_scores(candidate, place, whole, items)),
        )
        for place, candidate in enumerate(told.candidates)
    ]


def _scores(
    candidate: ToldCandidate, place: int, whole: Mapping[str, ToldScore], items: ItemScores
) -> Iterator[schemas.CandidateScore]:
    found = [
        differences.between(
            _interval(whole[score.benchmark], items.get(score.benchmark, {})),
            items.get(score.benchmark, {}),
            [_side(score, items.get(_items_of(score.benchmark, place), {}))],
        )
        for score in candidate.results
        if place and score.benchmark in whole
    ]
    gains = iter(_gains(found))
    for score in candidate.results:
        mine = items.get(_items_of(score.benchmark, place), {})
        yield schemas.CandidateScore(
            **score.model_dump(include=set(schemas.CandidateScore.model_fields)),
            score=_bounded(_interval(score, mine)(ALPHA)),
            gain=next(gains) if place and score.benchmark in whole else None,
        )


def _gains(family: Sequence[Difference]) -> Iterator[schemas.Gain]:
    """Judge the differences by Holm's procedure: one ingredient on all benchmarks."""
    p_values = [each.p for each in family]
    alphas, adjusted = families.alphas(p_values), families.adjusted(p_values)
    for each, alpha, p in zip(family, alphas, adjusted, strict=True):
        yield schemas.Gain(
            difference=_bounded(each.estimate),
            p=each.p,
            in_family=_bounded(each.at(alpha)),
            p_in_family=p,
            verdict=families.verdict(each.at(alpha)),
            method=each.method,
            items=each.items,
        )


def _side(score: ToldScore, items: Items) -> tuple[Interval, Items]:
    return _interval(score, items), items


def _interval(score: ToldScore, items: Items) -> Interval:
    """Wilson's interval for a share of items that are right or wrong, else the normal one."""
    if items and set(items.values()) <= {0.0, 1.0} and 0 <= score.value <= 1:
        return partial(intervals.wilson, score.value, score.count)
    return partial(intervals.normal, score.value, score.stderr)


def _bounded(estimate: Estimate) -> schemas.Bounded:
    return schemas.Bounded(value=estimate.value, low=estimate.low, high=estimate.high)


def _items_of(benchmark: str, place: int) -> str:
    return f"{benchmark}~{place}" if place else benchmark


def report(candidates: Sequence[schemas.Candidate]) -> dict[str, Any]:
    """The candidates as a row keeps them."""
    return {"candidates": [each.model_dump(mode="json") for each in candidates]}
