"""The events that the leaderboard takes from other services."""

from __future__ import annotations

import httpx
import structlog
from prometheus_client import CollectorRegistry
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.parents.service import learn_production
from leaderboard.results.service import learn_evaluation
from leaderboard.tables import intake
from mergehub.contracts.events import Envelope, EvaluationCompleted, ModelProduced
from mergehub.kit.background.resources import Resources
from mergehub.kit.events.consumer import Consumer

log = structlog.get_logger()

ITEMS = "items"
"""The key under which a completed event has the score of each item."""


class ItemScores(BaseModel):
    """The registry's answer about the items of one benchmark of a run."""

    items: dict[str, float]


class Events:
    """Takes in events, and fetches item scores, which no event carries, from the registry."""

    def __init__(self, hub: httpx.AsyncClient) -> None:
        self._hub = hub

    async def complete(self, event: Envelope) -> Envelope:
        """Return an evaluation's event with its item scores; return other events as they are.

        Raises httpx.HTTPError if the scores cannot be fetched now; the event is then retried.
        """
        if event.type != "evaluation.completed":
            return event
        told = EvaluationCompleted.model_validate(event.data)
        return event.model_copy(update={"data": event.data | {ITEMS: await self._items(told)}})

    async def _items(self, told: EvaluationCompleted) -> dict[str, float]:
        """The scores by item hash; empty if the registry kept none."""
        answer = await self._hub.get(
            f"/v1/runs/{told.run}/items", params={"benchmark": told.benchmark}
        )
        if _kept_none(answer):
            log.warning("items.missing", run=str(told.run), benchmark=told.benchmark)
            return {}
        answer.raise_for_status()
        return ItemScores.model_validate_json(answer.content).items


async def apply(session: AsyncSession, event: Envelope) -> None:
    """Apply one event; ignore types that say nothing about results."""
    if event.type == "model.produced":
        await learn_production(session, ModelProduced.model_validate(event.data))
    elif event.type == "evaluation.completed":
        data = dict(event.data)
        items = data.pop(ITEMS)
        await learn_evaluation(session, EvaluationCompleted.model_validate(data), items, event.time)


def _kept_none(answer: httpx.Response) -> bool:
    """Whether the 404 is the registry's own; a gateway without a registry answers 404, too."""
    is_problem = answer.headers.get("content-type") == "application/problem+json"
    return is_problem and bool(answer.json()["code"] == "run-not-found")


def consumer(resources: Resources, metrics: CollectorRegistry | None = None) -> Consumer:
    """Return the consumer of the registry's events; it counts in `metrics`, if given."""
    events = Events(resources.hub)
    return Consumer(
        group="leaderboard",
        database=resources.database,
        redis=resources.redis,
        hub=resources.hub,
        intake=intake,
        metrics=metrics,
        apply=apply,
        complete=events.complete,
    )
