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


def fields(
    groups: Sequence[Sequence[Comparisons]], roles: Mapping[str, list[str]]
) -> list[list[dict[str, Any]]]:
    """The comparisons of each group, as the fields of `schemas.Comparisons`.

    Those of a group with the same other are a family. All intervals are computed together.
    """
    families = [_families(group) for group in groups]
    judged = iter(_judged([family for each in families for family in each.values()]))
    verdicts = [{name: next(judged) for name in each} for each in families]
    return [
        [_row(each, place, of, roles) for place, each in enumerate(group)]
        for group, of in zip(groups, verdicts, strict=True)
    ]


def _families(compared: Sequence[Comparisons]) -> dict[str | None, Family]:
    """By the name of the other; None is the mean of the ingredients."""
    names = dict.fromkeys(name for each in compared for name in each.parents)
    families: dict[str | None, Family] = {
        name: [each.parents.get(name) for each in compared] for name in names
    }
    return families | {None: [each.mean for each in compared]}


def _row(
    each: Comparisons,
    place: int,
    verdicts: Mapping[str | None, Sequence[dict[str, Any] | None]],
    roles: Mapping[str, list[str]],
) -> dict[str, Any]:
    parents = {
        name: own | {"model": name, "roles": roles[name]}
        for name in each.parents
        if (own := verdicts[name][place])
    }
    return {
        "score": interval(each.score),
        "parents": list(parents.values()),
        "best_parent": parents[each.best] if each.best else None,
        "parents_mean": verdicts[None][place],
    }


def _judged(families: Sequence[Family]) -> list[list[dict[str, Any] | None]]:
    """The fields of each comparison; None where there is none."""
    compared = [[each.difference for each in family if each is not None] for family in families]
    judged = [iter(each) for each in judge(compared)]
    return [
        [None if each is None else _fields(each, next(own)) for each in family]
        for family, own in zip(families, judged, strict=True)
    ]


def _fields(each: Comparison, judged: Judged) -> dict[str, Any]:
    return difference(each.difference, judged) | {
        "score": interval(each.score),
        "precision": each.precision,
    }


def difference(found: Difference, judged: Judged) -> dict[str, Any]:
    """The fields of `schemas.Difference`."""
    return {
        "difference": interval(found.estimate),
        "p": number(found.p),
        "in_family": interval(judged.estimate),
        "p_in_family": number(judged.p),
        "verdict": judged.verdict,
        "reason": UNKNOWN if math.isnan(found.p) else None,
        "method": found.method,
        "paired": found.method != "unpaired",
        "items": found.items,
    }


def told(estimate: Estimate) -> schemas.Interval:
    """A value with the ends of its interval, if they are known."""
    return schemas.Interval.model_validate(interval(estimate))


def interval(estimate: Estimate) -> dict[str, float | None]:
    """The fields of `schemas.Interval`."""
    return {
        "value": estimate.value,
        "low": number(estimate.low),
        "high": number(estimate.high),
    }


def number(value: float) -> float | None:
    """A number; None if it is unknown."""
    return None if math.isnan(value) else value
