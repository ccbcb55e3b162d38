"""The leaderboard's feed of scores, as its service answers it."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

import httpx
from pydantic import BaseModel, ValidationError

PATH = "/v1/boards/overall/scores"
LIMIT = 5000
ANSWER_SECONDS = 10.0


class Away(Exception):
    """The leaderboard does not answer, or not as a leaderboard does."""


class Score(BaseModel):
    """A model's score on the board, and its uplift."""

    model: str
    score: float | None
    uplift: float | None
    changed_at: datetime


class Page(BaseModel):
    """Scores in the order in which they changed."""

    items: list[Score]
    next_after: int
    newest: int
    has_more: bool


async def page(hub: httpx.AsyncClient, origin: str, after: int, seconds: int) -> Page:
    """The scores that changed after a revision; waits for the first. Raises Away."""
    query = {"after": after, "limit": LIMIT, "wait": seconds}
    try:
        answer = await hub.get(
            f"{origin.rstrip('/')}{PATH}", params=query, timeout=seconds + ANSWER_SECONDS
        )
        if answer.status_code != HTTPStatus.OK:
            raise Away(f"status {answer.status_code}")
        return Page.model_validate_json(answer.content)
    except httpx.HTTPError as error:
        raise Away(type(error).__name__) from error
    except ValidationError as error:
        raise Away("the answer is no page of scores") from error
