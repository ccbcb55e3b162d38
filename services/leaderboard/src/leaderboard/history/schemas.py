"""The response about the history of a model's rank."""

from __future__ import annotations

from datetime import date

from mergehub.contracts.messages import Answer


class HistoryPoint(Answer):
    """The place at the end of a day, `of` so many that had one, and the mean."""

    day: date
    place: int
    of: int
    mean: float


class RankHistory(Answer):
    """By day, without the days on which the model had no place; the last one is today's so far."""

    board: str
    model: str
    points: list[HistoryPoint]
