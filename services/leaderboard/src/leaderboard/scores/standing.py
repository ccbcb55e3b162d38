"""The score and the uplift of each model of a board: a pure function of its rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from leaderboard.boards.ranking import Entry

SCALE = 100
DIGITS = 6
"""Of a score. What is computed anew in another order is not a change."""


class Standing(NamedTuple):
    """A model's score, and its score minus that of its best ingredient."""

    score: float | None
    uplift: float | None


def standings(
    board: Sequence[Entry], ingredients: Mapping[str, Collection[str]]
) -> dict[str, Standing]:
    """The standing of each model; it has an uplift if it and all its ingredients have scores."""
    scores = {row.model: SCALE * row.mean.value for row in board if row.mean is not None}
    return {row.model: _standing(scores, row.model, ingredients) for row in board}


def _standing(
    scores: Mapping[str, float], model: str, ingredients: Mapping[str, Collection[str]]
) -> Standing:
    own, parents = scores.get(model), ingredients.get(model, ())
    if own is None:
        return Standing(None, None)
    if not parents or not scores.keys() >= set(parents):
        return Standing(round(own, DIGITS), None)
    best = max(scores[parent] for parent in parents)
    return Standing(round(own, DIGITS), round(own - best, DIGITS))
