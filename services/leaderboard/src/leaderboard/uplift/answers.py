"""Comparisons as the API tells them, each judged among those to the same other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from leaderboard.statistics.differences import Difference
from leaderboard.statistics.intervals import Estimate
from leaderboard.uplift import schemas
from leaderboard.uplift.comparison import Comparison, Comparisons, Judged, judge

UNKNOWN = "Neither a standard error nor a number of items is known of one of the scores."

Family = Sequence[Comparison | None]
"""The comparisons with one other, by benchmark; None where it has no score."""


def fields(compared: Sequence[Comparisons], roles: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    """The comparisons of each benchmark, as the fields of `schemas.Comparisons`."""
    names = dict.fromkeys(name for each in compared for name in each.parents)
    families = [[each.parents.get(name) for each in compared] for name in names]
    *judged, means = _judged([*families, [each.mean for each in compared]])
    by_name = dict(zip(names, judged, strict=True))
    rows = []
    for place, each in enumerate(compared):
        parents = {
            name: schemas.ParentComparison(model=name, roles=roles[name], **own)
            for name in each.parents
            if (own := by_name[name][place])
        }
        mean = means[place]
        rows.append(
            {
                "score": told(each.score),
                "parents": list(parents.values()),
                "best_parent": parents[each.best] if each.best else None,
                "parents_mean": schemas.Comparison(**mean) if mean else None,
            }
        )
    return rows


def _judged(families: Sequence[Family]) -> list[list[dict[str, Any] | None]]:
    """The fields of each comparison; None where there is none."""
    compared = [[each.difference for each in family if each is not None] for family in families]
    judged = [iter(each) for each in judge(compared)]
    return [
        [None if each is None else _fields(each, next(own)) for each in family]
        for family, own in zip(families, judged, strict=True)
    ]


def _fields(each: Comparison, judged: Judged) -> dict[str, Any]:
    return {"score": told(each.score), "precision": each.precision} | difference(
        each.difference, judged
    )


def difference(found: Difference, judged: Judged) -> dict[str, Any]:
    """The fields of `schemas.Difference`."""
    return {
        "difference": told(found.estimate),
        "p": number(found.p),
        "in_family": told(judged.estimate),
        "p_in_family": number(judged.p),
        "verdict": judged.verdict,
        "reason": UNKNOWN if math.isnan(found.p) else None,
        "method": found.method,
        "paired": found.method != "unpaired",
        "items": found.items,
    }


def told(estimate: Estimate) -> schemas.Interval:
    """A value with the ends of its interval, if they are known."""
    return schemas.Interval(
        value=estimate.value, low=number(estimate.low), high=number(estimate.high)
    )


def number(value: float) -> float | None:
    """A number; None if it is unknown."""
    return None if math.isnan(value) else value
