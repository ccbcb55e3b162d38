"""Following a feed of another service: pages after a number, by long polling."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TypeVar

import httpx
import structlog
from pydantic import BaseModel, ValidationError

from mergehub.backoff import Backoff
from mergehub.kit.telemetry.loops import turned

log = structlog.get_logger()

WAIT_SECONDS = 25
ANSWER_SECONDS = 10.0
BACKOFF = Backoff(first=1, longest=30, jitter=0.5)

P = TypeVar("P", bound=BaseModel)


class Away(Exception):
    """The service does not answer, or not as it should."""


async def page(hub: httpx.AsyncClient, url: str, query: Mapping[str, int], kind: type[P]) -> P:
    """A page of a feed; its `wait` in `query` is how long the service may wait. Raises Away."""
    try:
        answer = await hub.get(url, params=dict(query), timeout=query["wait"] + ANSWER_SECONDS)
        if answer.status_code != HTTPStatus.OK:
            raise Away(f"status {answer.status_code}")
        return kind.model_validate_json(answer.content)
    except httpx.HTTPError as error:
        raise Away(type(error).__name__) from error
    except ValidationError as error:
        raise Away("the answer is not a page of the feed") from error


async def follow(turn: Callable[[], Awaitable[object]], away: str) -> None:
    """Call `turn` for ever; while it raises Away, pause longer each time, and log the event `away`.

    What is known stays, and the process stays ready.
    """
    pauses = BACKOFF.pauses()
    while True:
        turned()
        try:
            await turn()
            pauses = BACKOFF.pauses()
        except Away as error:
            pause = next(pauses)
            log.info(away, error=str(error), pause=round(pause, 1))
            await asyncio.sleep(pause)
