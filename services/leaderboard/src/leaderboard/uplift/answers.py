"""Comparisons as the API tells them, each judged among those to the same other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leaderboard.results.schemas import Estimate
from leaderboard.uplift import schemas
from leaderboard.uplift.comparison import Comparison, Comparisons, Judged, judge

Family = Sequence[Comparison | None]
"""The comparisons with one other, by benchmark; None where it has no score."""


def fields(compared: Sequence[Comparisons], roles: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    """The comparisons of each benchmark, as the fields of `schemas.Comparisons`."""
    names = dict.fromkeys(name for each in compared for name in each.parents)
    by_name = {name: _judged([each.parents.get(name) for each in compared]) for name in names}
    means = _judged([each.mean for each in compared])
    rows = []
    for place, each in enumerate(compared):
        parents = {
            name: schemas.ParentComparison(model=name, roles=roles[name], **judged)
            for name in each.parents
            if (judged := by_name[name][place])
        }
        mean = means[place]
        rows.append(
            {
                "score": Estimate.model_validate(each.score),
                "parents": list(parents.values()),
                "best_parent": parents[each.best] if each.best else None,
                "parents_mean": schemas.Comparison(**mean) if mean else None,
            }
        )
    return rows


def _judged(family: Family) -> list[dict[str, Any] | None]:
    """The fields of each comparison; None where there is none."""
    judged = iter(judge([each.difference for each in family if each is not None]))
    return [None if each is None else _fields(each, next(judged)) for each in family]


def _fields(each: Comparison, judged: Judged) -> dict[str, Any]:
    difference = each.difference
    return {
        "score": Estimate.model_validate(each.score),
        "difference": Estimate.model_validate(difference.estimate),
        "p": difference.p,
        "in_family": Estimate.model_validate(judged.estimate),
        "p_in_family": judged.p,
        "verdict": judged.verdict,
        "method": difference.method,
        "paired": difference.method != "unpaired",
        "items": difference.items,
    }
