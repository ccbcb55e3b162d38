"""The score and the uplift of each model of a board, and what changed in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from leaderboard.boards.standing import Board
from leaderboard.memory.arrays import Flags, Values

DIGITS = 6
"""Of a score. What is computed anew in another order is not a change."""


class Standing(NamedTuple):
    """A model's score, and its score minus that of its best ingredient."""

    score: float | None
    uplift: float | None


class Columns(NamedTuple):
    """The standings of some models, as a statement takes them."""

    models: list[str]
    scores: list[float | None]
    uplifts: list[float | None]


@dataclass(frozen=True, eq=False)
class Standings:
    """Of each model, by its index: whether it is on the board, its score and its uplift."""

    listed: Flags
    score: Values
    uplift: Values

    def at(self, model: int) -> Standing:
        """The standing of one model."""
        return Standing(*_numbers(self.score[[model]]), *_numbers(self.uplift[[model]]))

    def columns(self, board: Board, models: Sequence[int]) -> Columns:
        """The standings of some models."""
        names = board.facts.models.names
        score, uplift = (_numbers(each[models]) for each in (self.score, self.uplift))
        return Columns([names[model] for model in models], score, uplift)


def standings(board: Board) -> Standings:
    """The standing of each model: its best row's mean; uplift if all ingredients have scores."""
    listed = np.zeros(len(board.facts.models), np.bool_)
    listed[board.models] = True
    score, uplift = board.score_of_model, board.uplift_of_model
    return Standings(listed, np.round(score, DIGITS), np.round(uplift, DIGITS))


def known(board: Board, kept: Mapping[str, Standing]) -> Standings:
    """Standings from a table, for the models that are in memory."""
    models = board.facts.models
    found = {at: each for name, each in kept.items() if (at := models.find(name)) is not None}
    size = len(models)
    listed, score, uplift = np.zeros(size, np.bool_), np.full(size, np.nan), np.full(size, np.nan)
    places = np.fromiter(found, np.int64, len(found))
    listed[places] = True
    score[places] = [np.nan if each.score is None else each.score for each in found.values()]
    uplift[places] = [np.nan if each.uplift is None else each.uplift for each in found.values()]
    return Standings(listed, score, uplift)


def changed(old: Standings, new: Standings) -> list[int]:
    """The models that are listed now, or were, and have another standing."""
    size, before = len(new.listed), len(old.listed)
    differ = np.zeros(size, np.bool_)
    differ[before:] = new.listed[before:]
    for one, other in ((old.score, new.score), (old.uplift, new.uplift)):
        now = other[:before]
        differ[:before] |= (one != now) & ~(np.isnan(one) & np.isnan(now))
    differ[:before] |= new.listed[:before] & ~old.listed
    places: list[int] = np.flatnonzero(differ).tolist()
    return places


def _numbers(values: Values) -> list[float | None]:
    return [None if each != each else each for each in values.tolist()]
