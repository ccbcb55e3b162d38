"""The metrics of webhooks in `/metrics`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry
from receiver import Receiver, answers
from sqlalchemy import text

from mergehub.kit.background.resources import Resources
from registry.background import make_sender
from registry.webhooks.sending.measures import Measures
from registry.webhooks.sending.sender import Sender

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]


@pytest.fixture
def told(owner: httpx.AsyncClient) -> Call:
    """The value of a gauge."""

    async def told(name: str) -> float:
        lines = (await owner.get("/metrics")).text.splitlines()
        [line] = [each for each in lines if each.startswith(f"{name} ")]
        return float(line.split()[-1])

    return told


@pytest.fixture
def moved(transaction: Any) -> Call:
    """Move the times of all deliveries half a minute into the past."""

    async def moved() -> None:
        async with transaction() as session:
            earlier = "due_at = due_at - interval '30 s', created_at = created_at - interval '60 s'"
            await session.execute(text(f"UPDATE webhook_deliveries SET {earlier}"))

    return moved


async def test_what_waits_and_is_overdue_is_told(
    listen: Call, submit: Call, sender: Sender, told: Call, moved: Call
) -> None:
    await listen()
    for name in ("waiting", "waiting_seconds", "overdue_seconds"):
        assert await told(f"mergehub_webhooks_{name}") == 0
    await submit()
    await moved()
    assert await told("mergehub_webhooks_waiting") == 1
    assert await told("mergehub_webhooks_waiting_seconds") >= 60
    assert await told("mergehub_webhooks_overdue_seconds") >= 30
    await sender.send_due()
    for name in ("waiting", "waiting_seconds", "overdue_seconds"):
        assert await told(f"mergehub_webhooks_{name}") == 0


@pytest.mark.parametrize(
    "held_up",
    ["ordered = true", "failing_since = now()", "paused_until = now() + interval '1 h'"],
)
async def test_what_is_held_up_as_it_should_be_is_not_overdue(
    listen: Call, submit: Call, told: Call, moved: Call, transaction: Any, held_up: str
) -> None:
    await listen()
    await submit()
    await moved()
    async with transaction() as session:
        await session.execute(text(f"UPDATE webhook_endpoints SET {held_up}"))
    assert await told("mergehub_webhooks_overdue_seconds") == 0
    assert await told("mergehub_webhooks_waiting") == 1


async def test_endpoints_are_told_by_how_they_fare(
    owner: httpx.AsyncClient, listen: Call, submit: Call, sender: Sender, receiver: Receiver,
    told: Call,
) -> None:  # fmt: skip
    receiver.respond = answers(500, 410, 200)
    for _ in range(3):
        await listen(types=["run.queued"])
    await submit()
    await sender.send_due()
    for state in ("well", "failing", "disabled"):
        assert await told(f'mergehub_webhook_endpoints{{state="{state}"}}') == 1


async def test_tries_are_counted_by_how_they_end_and_timed(
    resources: Resources, listen: Call, submit: Call, receiver: Receiver, due: Call
) -> None:
    metrics = CollectorRegistry()
    sender = make_sender(resources, Measures(metrics))

    def tries(outcome: str) -> float | None:
        return metrics.get_sample_value("mergehub_webhook_tries_total", {"outcome": outcome})

    assert [tries(each) for each in ("delivered", "retried", "failed")] == [0, 0, 0]
    receiver.respond = answers(500, 200, 410)
    await listen()
    await submit()
    await sender.send_due()
    await due()
    await sender.send_due()
    await submit()
    await sender.send_due()
    await sender.stop()
    assert [tries(each) for each in ("delivered", "retried", "failed")] == [1, 1, 1]
    assert metrics.get_sample_value("mergehub_webhook_try_seconds_count") == 3
