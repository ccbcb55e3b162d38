"""The events that lineage takes from other services."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncSession

from lineage import production
from lineage.learning.batch import Batch
from lineage.learning.service import learn
from lineage.tables import intake
from mergehub.contracts.events import Envelope, ModelProduced
from mergehub.kit.background.resources import Resources
from mergehub.kit.events.consumer import Consumer


async def apply(session: AsyncSession, event: Envelope) -> None:
    """Apply one event; ignore types that say nothing about lineage."""
    await apply_together(session, [event])


async def apply_together(session: AsyncSession, events: Sequence[Envelope]) -> None:
    """Apply events as if one after another; the graph learns all of them at once."""
    produced = [_batch(event) for event in events if event.type == "model.produced"]
    if produced:
        await learn(session, production.together(produced))


def _batch(event: Envelope) -> Batch:
    produced = ModelProduced.model_validate(event.data)
    return production.batch(produced, event.source, event.time.date())


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
        apply_together=apply_together,
    )
