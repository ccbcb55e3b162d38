"""Which models complement each other: pure functions on arrays of scores.

A perfect merge of some models would be as good as the best of them on each benchmark. That is the
`potential` of the group, and what it has above the best single model in it is their `complement`:

    potential = Σ_c w_c · max_i s_ic        complement = potential - max_i Σ_c w_c · s_ic

with the scores s of model i on benchmark c, shrunk by their standard errors, and weights w that
add up to 1. A merge seldom reaches its potential; the order of groups is what counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from leaderboard.memory.arrays import Flags, Numbers, Values

PAIRS_TO_EXTEND = 200
"""Triples are looked for among those that have one of so many best pairs."""


@dataclass(frozen=True)
class Group:
    """Models that complement each other, by their rows.

    - `leads`: for each model, the columns in which it is the best of them.
    - `error`: the standard error of the complement; NaN if one that it rests on is unknown.
    """

    members: tuple[int, ...]
    potential: float
    complement: float
    error: float
    leads: tuple[tuple[int, ...], ...]


def shrunk(values: Values, errors: Values) -> Values:
    """Scores drawn towards the mean of their column, the uncertain ones more.

        s' = μ + τ² / (τ² + e²) · (s - μ),    τ² = max(0, variance of the column - mean of e²)

    Otherwise the best of many scores would be the luckiest. An unknown error counts as the median
    of those known in its column; if none is, scores stay as they are.
    B. Efron and C. Morris (1975), JASA 70, 311-319.
    """
    if len(values) < 3:
        return values
    squares = _known(errors) ** 2
    mean = values.mean(axis=0)
    between = np.maximum(0.0, values.var(axis=0, ddof=1) - squares.mean(axis=0))
    total = between + squares
    share = np.divide(between, total, out=np.ones_like(total), where=total > 0)
    drawn: Values = mean + share * (values - mean)
    return drawn


def _known(errors: Values) -> Values:
    filled = errors.copy()
    for column in filled.T:
        unknown = np.isnan(column)
        column[unknown] = 0.0 if unknown.all() else np.median(column[~unknown])
    return filled


def groups(
    values: Values, errors: Values, weights: Values, size: int, apart: Flags, limit: int
) -> list[Group]:
    """The groups of `size` (2 or 3) models with the most potential, the best first.

    - `values`: models × columns, shrunk; `errors`: of the same shape, NaN if unknown.
    - `apart`: models × models, false for two that must not be in a group together.

    Each model is the best of its group in at least one column, so none is there for nothing.
    """
    found = _pairs(values, weights, apart)
    if size > 2:
        found = _triples(values, weights, apart, found[:PAIRS_TO_EXTEND])
    chosen = (_group(values, errors, weights, members) for members in found)
    return [each for each, _ in zip(_useful(chosen), range(limit), strict=False)]


def _useful(found: Iterator[Group]) -> Iterator[Group]:
    return (each for each in found if all(each.leads) and each.complement > 0)


def _pairs(values: Values, weights: Values, apart: Flags) -> list[tuple[int, ...]]:
    """All pairs that may be together, those with the most potential first."""
    rows, others = np.nonzero(np.triu(apart, 1))
    potential = np.empty(len(rows))
    for begin in range(0, len(rows), 100_000):
        part = slice(begin, begin + 100_000)
        potential[part] = np.maximum(values[rows[part]], values[others[part]]) @ weights
    order = np.argsort(-potential, kind="stable")
    return list(zip(rows[order].tolist(), others[order].tolist(), strict=True))


def _triples(
    values: Values, weights: Values, apart: Flags, pairs: Sequence[tuple[int, ...]]
) -> list[tuple[int, ...]]:
    potential: dict[tuple[int, ...], float] = {}
    for one, other in pairs:
        best = np.maximum(values[one], values[other])
        thirds = np.flatnonzero(apart[one] & apart[other])
        reached = np.maximum(values[thirds], best) @ weights
        for third, value in zip(thirds.tolist(), reached.tolist(), strict=True):
            potential[tuple(sorted((one, other, third)))] = value
    return sorted(potential, key=lambda members: (-potential[members], members))


def _group(values: Values, errors: Values, weights: Values, members: tuple[int, ...]) -> Group:
    own = values[list(members)]
    single = own @ weights
    first = int(np.argmax(single))
    leader = np.argmax(own, axis=0)
    alone = np.array(
        [(own.max(axis=0) > np.delete(own, at, 0).max(axis=0)) for at in range(len(own))]
    )
    potential = float(own.max(axis=0) @ weights)
    others = np.flatnonzero(leader != first)
    squares = (
        errors[np.array(members)[leader[others]], others] ** 2 + errors[members[first], others] ** 2
    )
    error = float(np.sqrt((weights[others] ** 2 * squares).sum()))
    leads = tuple(tuple(np.flatnonzero(each).tolist()) for each in alone)
    return Group(members, potential, potential - float(single[first]), error, leads)


def apart(families: Sequence[frozenset[int]], models: Numbers) -> Flags:
    """Which models do not come from each other; `families` are the ancestors of each."""
    size = len(models)
    found = ~np.eye(size, dtype=np.bool_)
    for one, other in combinations(range(size), 2):
        if models[one] in families[other] or models[other] in families[one]:
            found[one, other] = found[other, one] = False
    return found
