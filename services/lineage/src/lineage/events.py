"""The events that lineage takes from other services."""

from __future__ import annotations

from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.graph.service import learn_production
from lineage.tables import intake
from mergehub.contracts.events import Envelope, ModelProduced
from mergehub.kit.background.resources import Resources
from mergehub.kit.events.consumer import Consumer


async def apply(session: AsyncSession, event: Envelope) -> None:
    """Apply one event; ignore types that say nothing about lineage."""
    if event.type == "model.produced":
        produced = ModelProduced.model_validate(event.data)
        await learn_production(session, produced, event.source)


def consumer(resources: Resources, metrics: CollectorRegistry | None = None) -> Consumer:
    """Return the consumer of the registry's events; it counts in `metrics`, if given."""
    return Consumer(
        group="lineage",
        database=resources.database,
        redis=resources.redis,
        hub=resources.hub,
        intake=intake,
        metrics=metrics,
        apply=apply,
    )
