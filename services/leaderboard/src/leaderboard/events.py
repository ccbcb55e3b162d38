"""The events that the leaderboard takes from other services."""

from __future__ import annotations

from uuid import UUID

import httpx
import structlog
from prometheus_client import CollectorRegistry
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.ablations.comparing import item_names
from leaderboard.ablations.service import learn_ablation
from leaderboard.parents.service import learn_production
from leaderboard.results.service import learn_evaluation
from leaderboard.tables import intake
from mergehub.contracts.events import (
    AblationCompleted,
    Envelope,
    EvaluationCompleted,
    ModelProduced,
)
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
        """Return an event about scores with its item scores; return other events as they are.

        Raises httpx.HTTPError if the scores cannot be fetched now; the event is then retried.
        """
        items: object
        if event.type == "evaluation.completed":
            told = EvaluationCompleted.model_validate(event.data)
            items = await self._items(told.run, told.benchmark)
        elif event.type == "ablation.completed":
            ablated = AblationCompleted.model_validate(event.data)
            names = item_names(ablated)
            items = {name: await self._items(ablated.run, name) for name in names}
        else:
            return event
        return event.model_copy(update={"data": event.data | {ITEMS: items}})

    async def _items(self, run: UUID, benchmark: str) -> dict[str, float]:
        """The scores by item hash; empty if the registry kept none."""
        answer = await self._hub.get(f"/v1/runs/{run}/items", params={"benchmark": benchmark})
        if _kept_none(answer):
            log.warning("items.missing", run=str(run), benchmark=benchmark)
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
    elif event.type == "ablation.completed":
        ablated = AblationCompleted.model_validate(event.data)
        await learn_ablation(session, ablated, event.data[ITEMS], event.time)


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
