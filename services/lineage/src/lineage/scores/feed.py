"""The leaderboard's feed of scores, as its service answers it."""

from __future__ import annotations

from datetime import datetime

import httpx
from pydantic import BaseModel

from mergehub.kit.background import feeds

PATH = "/v1/boards/overall/scores"
LIMIT = 5000


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
    """The scores that changed after a revision; waits for the first. Raises feeds.Away."""
    query = {"after": after, "limit": LIMIT, "wait": seconds}
    return await feeds.page(hub, f"{origin.rstrip('/')}{PATH}", query, Page)
