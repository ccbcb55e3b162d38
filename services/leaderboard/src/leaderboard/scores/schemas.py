"""The responses about the scores of a board."""

from __future__ import annotations

from datetime import datetime

from mergehub.contracts.messages import Answer


class Score(Answer):
    """A model's score on the board, from 0 to 100, and the points gained over its best ingredient.

    `score` is null if the model lacks a benchmark, and `uplift` if the model or one of its
    ingredients has no score, or if it is no merge.
    """

    model: str
    score: float | None
    uplift: float | None
    changed_at: datetime


class ScorePage(Answer):
    """Scores in the order in which they changed.

    Ask again with `after` = `next_after`, now or in a year. If `newest` is smaller than `after`,
    the board was restored from a backup: begin again at 0.
    """

    items: list[Score]
    next_after: int
    newest: int
    has_more: bool

    @property
    def revision(self) -> int:
        """What `mergehub.kit.http.follow` waits for."""
        return self.next_after
