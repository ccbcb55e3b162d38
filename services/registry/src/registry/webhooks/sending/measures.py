"""Metrics of webhooks: pending deliveries, the health of endpoints, and how attempts end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from sqlalchemy import Select, and_, case, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.telemetry.metrics import Reading
from registry.webhooks.models import DeliveryRow, EndpointRow
from registry.webhooks.sending.settle import Outcome

OUTCOMES = {"delivered": "delivered", "pending": "retried", "failed": "failed"}
STATES = ("well", "failing", "disabled")
SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 20)


class Measures:
    """Counts and times the attempts of one sender."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._tries = Counter(
            "mergehub_webhook_tries", "Attempts of deliveries", ["outcome"], registry=registry
        )
        self._seconds = Histogram(
            "mergehub_webhook_try_seconds",
            "How long an attempt takes, until its answer or failure",
            registry=registry,
            buckets=SECONDS,
        )
        for outcome in OUTCOMES.values():
            self._tries.labels(outcome)

    def count(self, outcomes: Iterable[Outcome]) -> None:
        """Count attempts that were recorded."""
        for each in outcomes:
            self._tries.labels(OUTCOMES[each.verdict.state]).inc()
            self._seconds.observe(each.reply.milliseconds / 1000)


async def readings(session: AsyncSession) -> list[Reading]:
    """Return the readings from the tables, which are the same in every replica."""
    waiting, oldest, overdue = (await session.execute(_waiting())).one()
    found = {row.state: row.count for row in await session.execute(_endpoints())}
    return [
        Reading("mergehub_webhooks_waiting", waiting, meaning="Pending deliveries"),
        Reading(
            "mergehub_webhooks_waiting_seconds",
            float(oldest or 0),
            meaning="How long the oldest pending delivery has waited",
        ),
        Reading(
            "mergehub_webhooks_overdue_seconds",
            float(overdue or 0),
            meaning="How long a delivery that only senders can delay has been due",
        ),
        *(
            Reading(
                "mergehub_webhook_endpoints",
                found.get(state, 0),
                {"state": state},
                meaning="Webhook endpoints by their health",
            )
            for state in STATES
        ),
    ]


def _waiting() -> Select[*tuple[Any, ...]]:
    """Order and failures delay deliveries as they should, so such endpoints are never overdue."""
    now = func.now()
    resting = and_(EndpointRow.paused_until.is_not(None), EndpointRow.paused_until > now)
    held_up = or_(EndpointRow.ordered, EndpointRow.failing_since.is_not(None), resting)
    due = func.min(DeliveryRow.due_at).filter(not_(held_up), DeliveryRow.due_at <= now)
    return (
        select(
            func.count(),
            func.extract("epoch", now - func.min(DeliveryRow.created_at)),
            func.extract("epoch", now - due),
        )
        .join(EndpointRow, EndpointRow.id == DeliveryRow.endpoint_id)
        .where(DeliveryRow.state == "pending")
    )


def _endpoints() -> Select[Any]:
    state = case(
        (EndpointRow.disabled_at.is_not(None), "disabled"),
        (EndpointRow.failing_since.is_not(None), "failing"),
        else_="well",
    ).label("state")
    return select(state, func.count().label("count")).group_by(state)
