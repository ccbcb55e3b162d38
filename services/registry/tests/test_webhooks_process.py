"""The sender as a process of its own: killed at any moment, it loses no delivery."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from forked import Forked, forked
from receiver import Answer, Receiver
from sqlalchemy import text

from mergehub.kit.settings.service import ServiceSettings
from registry.app import create_app

Call = Callable[..., Awaitable[Any]]
Start = Callable[..., Any]

OPEN = "SELECT count(*) FROM webhook_deliveries WHERE state = 'pending'"
HELD = "SELECT count(*) FROM webhook_deliveries WHERE lease IS NOT NULL"


async def fork(env: dict[str, str]) -> Forked:
    return forked("registry", env)


async def command(env: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "registry", env=env)


@pytest.fixture
def background(settings: ServiceSettings) -> Start:
    """The registry's background process while a block lasts, unless it is killed."""

    @asynccontextmanager
    async def background(start: Start = fork, **more: str) -> AsyncIterator[Any]:
        env = (
            dict(os.environ)
            | more
            | {
                "MERGEHUB_DATABASE_URL": settings.database_url,
                "MERGEHUB_REDIS_URL": settings.redis_url,
                "MERGEHUB_WEBHOOK_ALLOW": '["127.0.0.0/8"]',
                "MERGEHUB_SECRETS_KEYS": json.dumps(
                    [key.get_secret_value() for key in settings.secrets_keys]
                ),
            }
        )
        process = await start(env)
        try:
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            await process.wait()

    return background


@pytest.fixture
def count(transaction: Any) -> Call:
    async def count(query: str) -> int:
        async with transaction() as session:
            return await session.scalar(text(query))

    return count


async def test_sender_killed_in_mid_delivery_loses_none(
    background: Start, listen: Call, submit: Call, receiver: Receiver, until: Call, count: Call,
    due: Call,
) -> None:  # fmt: skip
    await listen()
    receiver.respond = lambda request: Answer(silent=len(receiver.received) > 20)
    await asyncio.gather(*(submit() for _ in range(45)))

    async def in_the_middle() -> bool:
        return len(receiver.received) > 30

    async with background() as process:
        await until(in_the_middle, 30)
        process.kill()  # with unrecorded answers, and requests under way
        assert await process.wait() == -signal.SIGKILL
    left = await count(OPEN)
    assert left >= 10
    assert await count(HELD) >= 10
    receiver.respond = lambda request: Answer()
    await due()  # their leases end

    async def all_sent() -> bool:
        return await count(OPEN) == 0

    async with background():
        await until(all_sent, 30)
    sent = Counter(request.headers["webhook-id"] for request in receiver.received)
    assert len(sent) == 45
    assert await count("SELECT count(*) FROM webhook_deliveries WHERE state = 'delivered'") == 45


async def test_killed_again_and_again_it_still_loses_none(
    background: Start, listen: Call, submit: Call, receiver: Receiver, until: Call, count: Call,
    due: Call,
) -> None:  # fmt: skip
    await listen()
    await asyncio.gather(*(submit() for _ in range(60)))
    for goal in (1, 20, 40):
        receiver.arrived.clear()
        await due()
        async with background() as process:

            async def enough(goal: int = goal) -> bool:
                return len(receiver.received) >= goal or await count(OPEN) == 0

            await until(enough, 30)
            process.kill()
            await process.wait()
    await due()

    async def all_sent() -> bool:
        return await count(OPEN) == 0

    async with background():
        await until(all_sent, 30)
    assert len({request.headers["webhook-id"] for request in receiver.received}) == 60


async def test_process_that_also_answers_requests_sends_by_itself(
    settings: ServiceSettings, listen: Call, submit: Call, receiver: Receiver
) -> None:
    await listen()
    app = create_app(settings.model_copy(update={"background": "inline"}))
    async with app.router.lifespan_context(app):
        await submit()
        await asyncio.wait_for(receiver.arrived.wait(), 8)


async def test_process_tells_its_own_metrics_where_it_is_asked_to(
    background: Start, listen: Call, submit: Call, until: Call
) -> None:
    await listen()
    await submit()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    async def counted() -> bool:
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
                told = (await client.get("/metrics")).text
        except httpx.TransportError:
            return False
        return 'mergehub_webhook_tries_total{outcome="delivered"} 1.0' in told

    async with background(MERGEHUB_METRICS_PORT=str(port)):
        await until(counted, 30)


async def test_sender_told_to_stop_hands_back_what_it_holds(
    background: Start, listen: Call, submit: Call, receiver: Receiver, until: Call, count: Call
) -> None:
    await listen()
    receiver.respond = lambda request: Answer(silent=True)
    await submit()

    async def arrived() -> bool:
        return bool(receiver.received)

    async with background(command) as process:
        await until(arrived, 30)
    assert process.returncode == 0
    assert await count(HELD) == 0
    assert await count("SELECT count(*) FROM webhook_deliveries WHERE due_at <= now()") == 1
    assert await count("SELECT count(*) FROM webhook_attempts") == 0
