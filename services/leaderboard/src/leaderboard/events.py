"""The events that the leaderboard takes from other services."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
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
AT_ONCE = 20
"""The most that the registry answers together."""
REQUESTS = 4
NO_SUCH_ROUTE = (HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
"""Of a registry of the release before, which takes `items` for the id of a run."""

Pair = tuple[UUID, str]
"""A run and a benchmark."""


class ItemScores(BaseModel):
    """The registry's answer about the items of one benchmark of a run."""

    items: dict[str, float]


class ItemsOfRun(ItemScores):
    """Likewise, as one of several."""

    run: UUID
    benchmark: str


class ItemsOfRuns(BaseModel):
    """The registry's answer about several benchmarks of runs; it leaves out what it has not."""

    items: list[ItemsOfRun]


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
        return _with_items(event, items)

    async def complete_together(self, events: Sequence[Envelope]) -> Sequence[Envelope]:
        """Return events as `complete` does, with few requests for all. Raises httpx.HTTPError."""
        told = {
            event.id: EvaluationCompleted.model_validate(event.data)
            for event in events
            if event.type == EVALUATED
        }
        slots = asyncio.Semaphore(REQUESTS)
        asked = [
            self._items_of(some, slots)
            for some in _in_parts(dict.fromkeys((of.run, of.benchmark) for of in told.values()))
        ]
        found = {pair: items for part in await asyncio.gather(*asked) for pair, items in part}
        return [
            _with_items(event, found.get((told[event.id].run, told[event.id].benchmark), {}))
            if event.id in told
            else await self.complete(event)
            for event in events
        ]

    async def _items_of(
        self, wanted: Sequence[Pair], slots: asyncio.Semaphore
    ) -> Sequence[tuple[Pair, Mapping[str, float]]]:
        """The item scores of benchmarks of runs, one by one if the registry has no such route."""
        async with slots:
            asked = [f"{run}:{benchmark}" for run, benchmark in wanted]
            answer = await self._hub.get("/v1/runs/items", params={"of": asked})
            if answer.status_code in NO_SUCH_ROUTE:
                return [(pair, await self._items(*pair)) for pair in wanted]
        answer.raise_for_status()
        found = await asyncio.to_thread(ItemsOfRuns.model_validate_json, answer.content)
        return [((each.run, each.benchmark), each.items) for each in found.items]

    async def _items(self, run: UUID, benchmark: str) -> dict[str, float]:
        """The scores by item hash; empty if the registry kept none."""
        answer = await self._hub.get(f"/v1/runs/{run}/items", params={"benchmark": benchmark})
        if _kept_none(answer):
            log.warning("items.missing", run=str(run), benchmark=benchmark)
            return {}
        answer.raise_for_status()
        return ItemScores.model_validate_json(answer.content).items


def _with_items(event: Envelope, items: object) -> Envelope:
    return event.model_copy(update={"data": event.data | {ITEMS: items}})


def _in_parts(pairs: Iterable[Pair]) -> Iterator[Sequence[Pair]]:
    """So many at a time as the registry answers at once."""
    every = list(pairs)
    return (every[begin : begin + AT_ONCE] for begin in range(0, len(every), AT_ONCE))


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
        complete_together=events.complete_together,
    )
