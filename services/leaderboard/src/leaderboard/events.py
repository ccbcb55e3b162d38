"""The events that the leaderboard takes from other services."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

import httpx
import structlog
from prometheus_client import CollectorRegistry
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.ablations.comparing import item_names
from leaderboard.ablations.service import learn_ablation
from leaderboard.facts.evaluations import learn_evaluations, statement
from leaderboard.facts.statement import Statement
from leaderboard.parents.service import learn_production
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

EVALUATED = "evaluation.completed"
ABLATED = "ablation.completed"
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
        if event.type == EVALUATED:
            told = EvaluationCompleted.model_validate(event.data)
            items = await self._items(told.run, told.benchmark)
        elif event.type == ABLATED:
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
    """Apply one event."""
    await apply_together(session, [event])


async def apply_together(session: AsyncSession, events: Sequence[Envelope]) -> None:
    """Apply events in their order; ignore types that say nothing about results."""
    for kind, same in groupby(events, lambda event: event.type):
        if kind == "model.produced":
            for event in same:
                await learn_production(session, ModelProduced.model_validate(event.data))
        elif kind == EVALUATED:
            await learn_evaluations(session, [_evaluation(event) for event in same])
        elif kind == ABLATED:
            for event in same:
                told = AblationCompleted.model_validate(event.data)
                await learn_ablation(session, told, event.data[ITEMS], event.time)


def _evaluation(event: Envelope) -> Statement:
    told = EvaluationCompleted.model_validate(event.data)
    return statement(told, event.data[ITEMS], event.time)


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
        apply_together=apply_together,
        complete=events.complete,
    )
