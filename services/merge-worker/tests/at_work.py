"""Runs workers, in this process or in one of their own, and observes what they do."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import yaml
from forked import Forked, forked
from redis.asyncio import Redis

from merge_worker.execution.slot import Slot
from merge_worker.jobs import Doorbell
from mergehub.contracts.kinds.merge import MergeSpec
from mergehub.contracts.worker_client import RunClient
from mergehub.kit.events.doorbell import DueRun, ring
from mergehub.kit.settings.service import WorkerSettings
from mergehub.kit.telemetry.loops import running

WAIT_SECONDS = 100
LAYERS, SHAPE = 40, (512, 1024)
# Each model is listed many times: as slow as a large merge, with few bytes to write.
RECIPE = yaml.safe_dump(
    {
        "merge_method": "linear",
        "models": [
            {"model": name, "parameters": {"weight": weight}}
            for name, weight in [("first", 0.25), ("second", 0.75)] * 12
        ],
        "dtype": "float32",
    }
)


def merge_spec(recipe: str = RECIPE) -> MergeSpec:
    return MergeSpec(
        kind="merge",
        recipe=recipe,
        recipe_version=None,
        recipe_digest="sha256:0",
        model_name="merged",
        seed=0,
    )


@asynccontextmanager
async def listening(settings: WorkerSettings) -> AsyncIterator[Slot]:
    """Run a worker inside this process; its children are real processes."""
    client = RunClient.connect(settings.hub_url, "mgh_worker")
    slot = Slot(settings, client)
    doorbell = Doorbell(settings, slot)
    try:
        async with running({"doorbell": doorbell.listen}):  # redis may swallow a cancellation
            yield slot
    finally:
        await slot.drain()
        await doorbell.close()
        await client.aclose()


@asynccontextmanager
async def worker_process(settings: WorkerSettings) -> AsyncIterator[Forked]:
    """Run `python -m merge_worker`, configured only by its environment."""
    values = settings.model_dump(mode="json", exclude={"worker_token"}, exclude_none=True)
    variables = {f"MERGEHUB_{name.upper()}": _as_text(value) for name, value in values.items()}
    own = {**os.environ, **variables, "MERGEHUB_WORKER_TOKEN": "mgh_worker"}
    process = forked("merge_worker", own)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


async def bell(redis: Redis, run: Any) -> None:
    """Ring the bell for a run as the registry does."""
    await ring(redis, [DueRun(run.id, "cpu", run.fence)])


async def eventually(true: Callable[[], Any]) -> Any:
    """Wait for what becomes true outside this process, without an event to wait for."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not (found := true()):  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    return found


def children(pid: int) -> list[int]:
    """The processes in which a worker does its runs."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [child for child in map(int, found) if b"execution.child" in command(child)]


def command(pid: int) -> bytes:
    """The command line of a process; empty if the process has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def journalled(settings: WorkerSettings, run: Any) -> int:
    """How many tensors of an unfinished merge are finished."""
    journal = settings.models / "runs" / f"{run.id}.partial" / "journal.jsonl"
    return journal.read_bytes().count(b'"tensor"') if journal.is_file() else 0
