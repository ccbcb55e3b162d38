"""Many busy workers, and a fresh one among them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import SecretStr
from redis.asyncio import Redis

from benchmarks.runs.hub import RunningHub
from merge_worker.execution.shift import Shift
from merge_worker.jobs import Doorbell
from mergehub.client import HubClient
from mergehub.contracts.runs import Claim, Run
from mergehub.contracts.worker_client import LeaseLost, RunClient, RunClientError
from mergehub.hub.valkey import Valkey
from mergehub.kit.settings.service import WorkerSettings
from mergehub.kit.telemetry.loops import running

FRESH = 5
WAITING = 2
COUNTED_SECONDS = 5.0
LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Fresh:
    """How soon a fresh worker claimed a waiting run, and then one that came while it was idle."""

    from_launch: float
    from_submit: float


class Holder:
    """A slot that holds its run without work, and sends heartbeats like any busy worker."""

    def __init__(self, client: RunClient, name: str) -> None:
        self._client, self.name = client, name
        self.busy = False

    async def take(self, run_id: UUID) -> asyncio.Task[None]:
        claim = await self._client.claim(run_id, self.name)
        self.busy = True
        return asyncio.create_task(self._hold(claim))

    async def _hold(self, claim: Claim) -> None:
        while True:
            await asyncio.sleep(claim.heartbeat_seconds)
            try:
                await self._client.heartbeat(claim.run_id, claim.fence, None)
            except LeaseLost:  # the machine was too busy: take another run
                self.busy = False
                return
            except RunClientError:
                continue


def settings(hub: RunningHub, folder: Path) -> WorkerSettings:
    tokens = json.loads((hub.data / "tokens.json").read_text())
    return WorkerSettings(
        hub_url=hub.url,
        redis_url=Valkey(hub.data / "vk").url,
        worker_token=SecretStr(tokens["worker"]),
        artifacts=folder / "artifacts",
        scratch=folder / "scratch",
    )


async def beside_busy_workers(
    hub: RunningHub, busy: int, wanted: dict[str, Any]
) -> tuple[list[Fresh], float]:
    """Start fresh workers, one after the other, beside many that hold a run each.

    Returns what each did, and how many Redis commands a second all the busy ones need.
    """
    with tempfile.TemporaryDirectory() as folder, hub.client() as client:
        worker = settings(hub, Path(folder))
        async with holders(worker, busy) as slots:
            for _ in slots:
                await asyncio.to_thread(client.submit, wanted)
            while not all(slot.busy for slot in slots):  # noqa: ASYNC110
                await asyncio.sleep(LOOK_SECONDS)
            commands = await commands_a_second(worker.redis_url)
            fresh = [await start_fresh(hub, client, worker, wanted) for _ in range(FRESH)]
    return fresh, commands


@asynccontextmanager
async def holders(worker: WorkerSettings, count: int) -> AsyncIterator[list[Holder]]:
    """Real listeners, each with its own connections to Redis."""
    client = RunClient.connect(worker.hub_url, worker.worker_token.get_secret_value())
    slots = [Holder(client, f"busy-{n}") for n in range(count)]
    doorbells = [Doorbell(worker, slot, Shift()) for slot in slots]
    async with running(
        {slot.name: bell.listen for slot, bell in zip(slots, doorbells, strict=True)}
    ):
        yield slots
    for doorbell in doorbells:
        await doorbell.close()
    await client.aclose()


async def finished(hub: RunningHub, run: Run) -> Run:
    """The run at its end."""

    def follow() -> Run:
        with hub.client() as client:
            return list(client.follow(run.id))[-1]

    return await asyncio.to_thread(follow)


async def start_fresh(
    hub: RunningHub, client: HubClient, worker: WorkerSettings, wanted: dict[str, Any]
) -> Fresh:
    """Let runs wait, start a worker process, and give it one more when it is idle again."""
    waiting = [await asyncio.to_thread(client.submit, wanted) for _ in range(WAITING)]
    env = {
        "MERGEHUB_HUB_URL": worker.hub_url,
        "MERGEHUB_REDIS_URL": worker.redis_url,
        "MERGEHUB_WORKER_TOKEN": worker.worker_token.get_secret_value(),
        "MERGEHUB_ARTIFACTS": str(worker.artifacts),
        "MERGEHUB_SCRATCH": str(worker.scratch),
    }
    launched = time.time()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "merge_worker", env=os.environ | env, stderr=subprocess.DEVNULL
    )
    done = await asyncio.gather(*(finished(hub, run) for run in waiting))
    sent = time.time()
    late = await finished(hub, await asyncio.to_thread(client.submit, wanted))
    process.terminate()
    await process.wait()
    return Fresh(min(map(_started, done)) - launched, _started(late) - sent)


def _started(run: Run) -> float:
    assert run.started_at is not None
    return run.started_at.timestamp()


async def commands_a_second(redis_url: str) -> float:
    async with Redis.from_url(redis_url) as redis:
        before = (await redis.info("stats"))["total_commands_processed"]
        await asyncio.sleep(COUNTED_SECONDS)
        after = (await redis.info("stats"))["total_commands_processed"]
    return (after - before) / COUNTED_SECONDS
