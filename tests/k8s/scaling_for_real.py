"""The rule starts real workers for a real hub's queue; they do the runs and end by themselves.

`make scaling` runs it; it takes too long for `make test`.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest
from forked import Forked, forked
from running import RunningHub, started_hub

from k8s.keda import given

pytestmark = pytest.mark.process

RECIPE = "merge_method: linear\nmodels: [{model: left}, {model: right}]\nparameters: {weight: 1}\n"
POLL_SECONDS = 0.2


def started(hub: RunningHub, token: str, redis_url: str, number: int) -> Forked:
    """A worker as the ScaledJob starts it, on a processor, and less patient."""
    folder = hub.data.parent
    told = {
        "HUB_URL": hub.url,
        "REDIS_URL": redis_url,
        "WORKER_TOKEN": token,
        "WORKER_NAME": f"worker-gpu-{number}",
        "MODEL_ROOTS": f'["{folder / "models"}"]',
        "ARTIFACTS": str(folder / "artifacts"),
        "SCRATCH": str(folder / f"scratch-{number}"),
        "RUNS": str(given()[1]),
        "IDLE_SECONDS": "1",
    }
    env = {f"MERGEHUB_{name}": value for name, value in told.items()}
    return forked("merge_worker", os.environ | {"OMP_NUM_THREADS": "1"} | env)


async def test_workers_come_for_the_queue_and_go_without_it(
    fresh_database: str, redis_url: str, models: Path, tmp_path: Path
) -> None:
    (tmp_path / "models").symlink_to(models)
    stores = {"MERGEHUB_DATABASE_URL": fresh_database, "MERGEHUB_REDIS_URL": redis_url}
    rule = replace(given()[0], most=2)
    with started_hub(tmp_path / "hub", models, workers=0, **stores) as hub, hub.client() as client:
        token = client.create_token("keda", ["worker"])["token"]
        runs = [
            client.submit({"kind": "merge", "recipe": RECIPE, "model_name": f"scaled/{number}"})
            for number in range(3)
        ]
        waits: set[asyncio.Task[int]] = set()
        codes, most = [], 0
        while (load := client.get("/v1/queues/cpu")[rule.value]) or waits:
            for _ in range(rule.new_jobs(load, len(waits), pending=0)):
                worker = started(hub, token, redis_url, len(codes) + len(waits))
                waits.add(asyncio.create_task(worker.wait()))
            most = max(most, len(waits))
            ended, waits = await asyncio.wait(waits, timeout=POLL_SECONDS)
            codes += [each.result() for each in ended]
        assert most == 2
        assert set(codes) == {0}
        states = {client.get(f"/v1/runs/{run.id}")["state"] for run in runs}
        assert states == {"succeeded"}
        assert client.get("/v1/workers")["items"] == []
