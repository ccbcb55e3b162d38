"""What the leaderboard learns from other services."""

from __future__ import annotations

import httpx
import structlog
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.parents.service import learn_production
from leaderboard.results.service import learn_evaluation
from leaderboard.tables import intake
from mergehub.contracts.events import Envelope, EvaluationCompleted, ModelProduced
from mergehub.kit.events.consumer import Consumer
from mergehub.kit.http.app import Resources

log = structlog.get_logger()

ITEMS = "items"
"""Where a completed event has the score of each item."""


class ItemScores(BaseModel):
    """The registry's answer about the items of one benchmark of a run."""

    items: dict[str, float]


class Events:
    """Takes events in; item scores, which no event carries, are fetched from the registry."""

    def __init__(self, hub: httpx.AsyncClient) -> None:
        self._hub = hub

    async def complete(self, event: Envelope) -> Envelope:
        """Add an evaluation's item scores to its event.

        Raises httpx.HTTPError where they cannot be had now; the event is then tried again.
        """
        if event.type != "evaluation.completed":
            return event
        told = EvaluationCompleted.model_validate(event.data)
        return event.model_copy(update={"data": event.data | {ITEMS: await self._items(told)}})

    async def _items(self, told: EvaluationCompleted) -> dict[str, float]:
        """The scores by item hash; none where the registry kept none."""
        answer = await self._hub.get(
            f"/v1/runs/{told.run}/items", params={"benchmark": told.benchmark}
        )
        if _kept_none(answer):
            log.warning("items.missing", run=str(told.run), benchmark=told.benchmark)
            return {}
        answer.raise_for_status()
        return ItemScores.model_validate_json(answer.content).items


async def apply(session: AsyncSession, event: Envelope) -> None:
    """Take one event in; types that say nothing about results pass by."""
    if event.type == "model.produced":
        await learn_production(session, ModelProduced.model_validate(event.data))
    elif event.type == "evaluation.completed":
        data = dict(event.data)
        items = data.pop(ITEMS)
        await learn_evaluation(session, EvaluationCompleted.model_validate(data), items, event.time)


def _kept_none(answer: httpx.Response) -> bool:
    """Whether the registry says so: a gateway that finds no registry says 404 as well."""
    is_problem = answer.headers.get("content-type") == "application/problem+json"
    return is_problem and bool(answer.json()["code"] == "run-not-found")


def consumer(resources: Resources) -> Consumer:
    """The reader of the registry's events."""
    events = Events(resources.hub)
    return Consumer(
        group="leaderboard",
        database=resources.database,
        redis=resources.redis,
        hub=resources.hub,
        intake=intake,
        apply=apply,
        complete=events.complete,
    )
