"""Records the queue of a running hub while the rule starts workers for it.

`make scaling-record` runs this for a quarter of an hour and writes `recorded_queue.json`. The hub,
its PostgreSQL and Valkey, the queue's endpoint, bells, claims, heartbeats, reports and the workers'
shifts are real, and so is the time. Only the pods' start and the merges are waits.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import UUID

from pydantic import SecretStr
from running import RunningHub, started_hub

from k8s.keda import given
from k8s.recorded import FILE, Poll, RecordedRun, RecordedWorker, Recording
from merge_worker.execution.shift import Shift
from merge_worker.jobs import Doorbell
from mergehub import __version__
from mergehub.client import HubClient
from mergehub.contracts.kinds.merge import MergeResult
from mergehub.contracts.runs import Claim, ReportRequest, Run
from mergehub.contracts.worker_client import RunClient
from mergehub.hub.valkey import Valkey
from mergehub.kit.settings.service import WorkerSettings
from mergehub.kit.telemetry.loops import running

RECIPE = "merge_method: linear\nmodels: [{model: left}, {model: right}]\nparameters: {weight: 1}\n"
SUBMITTED = {0: 1, 20: 1, 40: 1, 60: 90, 330: 15, 720: 5}  # how many runs at which second
POD_SECONDS = (5, 60)  # a node that is there, and one that must come first
HOW = {
    "by": "make scaling-record",
    "hub": "mergehub up with PostgreSQL, Valkey and no worker of its own",
    "depths": "GET /v1/queues/gpu at the polling interval of the ScaledJob",
    "workers": "as the rule of the ScaledJob created them; pods and merges are waits",
}


def work_seconds(seed: int) -> float:
    """How long the merge with this seed takes."""
    return min(120.0, Random(seed).lognormvariate(3.7, 0.5))


class Pod:
    """A worker in a pod: its bell, claims and shift are the real ones, its merge is a wait."""

    def __init__(self, number: int, settings: WorkerSettings, client: RunClient) -> None:
        self.name = f"worker-gpu-{number}"
        self._settings, self._client = settings, client
        self._starts_after = Random(number).uniform(*POD_SECONDS)

    async def live(self, clock: Callable[[], float]) -> RecordedWorker:
        created = clock()
        await asyncio.sleep(self._starts_after)
        started = clock()
        shift = Shift(self._settings.runs, self._settings.idle_seconds)
        doorbell = Doorbell(self._settings, self, shift)
        async with running({self.name: doorbell.listen}):
            await shift.over.wait()
        await doorbell.close()
        return RecordedWorker(self.name, created, started, clock())

    async def take(self, run_id: UUID) -> asyncio.Task[None]:
        """Claim the run, as the worker's slot does."""
        claim = await self._client.claim(run_id, self.name, "gpu")
        return asyncio.create_task(self._carry_out(claim))

    async def _carry_out(self, claim: Claim) -> None:
        left = seconds = work_seconds(claim.spec.seed)
        while left > 0:
            await asyncio.sleep(min(left, claim.heartbeat_seconds))
            left -= claim.heartbeat_seconds
            await self._client.heartbeat(claim.run_id, claim.fence, None)
        result = MergeResult(
            kind="merge", output_digest=f"sha256:{claim.spec.seed:064x}",
            lock_digest=f"sha256:{claim.spec.seed:064x}", engine_version=__version__,
            method="linear", tensors=0, bytes=0, seconds=seconds, parents=[],
        )  # fmt: skip
        report = ReportRequest(fence=claim.fence, outcome="succeeded", result=result)
        await self._client.report(claim.run_id, report)


async def submit(hub: HubClient) -> list[Run]:
    """Submit all runs at their times."""
    loop, runs = asyncio.get_running_loop(), []
    began = loop.time()
    for second, count in SUBMITTED.items():
        await asyncio.sleep(began + second - loop.time())
        for _ in range(count):
            seed = len(runs)
            wanted = {"kind": "merge", "recipe": RECIPE, "hardware": "gpu", "seed": seed}
            body = wanted | {"model_name": f"recorded/{seed}"}
            runs.append(await asyncio.to_thread(hub.submit, body))
    return runs


async def record(hub: RunningHub) -> Recording:
    """Poll, start workers and submit until all is over."""
    rule, runs_each, idle_seconds = given()
    began = datetime.now(UTC)

    def clock() -> float:
        return round((datetime.now(UTC) - began).total_seconds(), 3)

    with hub.client() as api, hub.client() as submitter:
        token = api.create_token("pods", ["worker"])["token"]
        settings = WorkerSettings(
            hub_url=hub.url,
            redis_url=Valkey(hub.data / "vk").url,
            worker_token=SecretStr(token),
            hardware="gpu",
            runs=runs_each,
            idle_seconds=idle_seconds,
            artifacts=hub.data.parent / "artifacts",
            scratch=hub.data.parent / "scratch",
        )
        client = RunClient.connect(hub.url, token)
        submitting = asyncio.create_task(submit(submitter))
        lives: list[asyncio.Task[RecordedWorker]] = []
        polls: list[Poll] = []
        while True:
            queue, at = await asyncio.to_thread(api.get, "/v1/queues/gpu"), clock()
            unfinished = sum(not life.done() for life in lives)
            new = rule.new_jobs(queue[rule.value], unfinished, pending=0)
            told = {name: queue[name] for name in ("due", "delayed", "running", "load")}
            polls.append(Poll(at, **told, unfinished=unfinished, created=new))
            print(polls[-1], flush=True)
            if submitting.done() and not queue["load"] and not unfinished:
                break
            for _ in range(new):
                pod = Pod(len(lives) + 1, settings, client)
                lives.append(asyncio.create_task(pod.live(clock)))
            await asyncio.sleep(len(polls) * rule.polling_seconds - clock())
        runs = [api.get(f"/v1/runs/{run.id}") for run in submitting.result()]
        await client.aclose()
    return Recording(
        HOW | {"at": began.isoformat(timespec="seconds"), "release": __version__},
        polls,
        [_recorded(Run.model_validate(run, strict=False), began) for run in runs],
        [life.result() for life in lives],
    )


def _recorded(run: Run, began: datetime) -> RecordedRun:
    assert run.state == "succeeded", run
    assert run.started_at
    assert run.finished_at
    assert run.worker
    submitted, claimed, finished = (
        round((each - began).total_seconds(), 3)
        for each in (run.created_at, run.started_at, run.finished_at)
    )
    return RecordedRun(submitted, claimed, finished, run.attempt, run.worker)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="mh-") as name:
        models = Path(name, "models")
        (models / "tasks").mkdir(parents=True)
        with started_hub(Path(name, "hub"), models, workers=0) as hub:
            asyncio.run(record(hub)).write()
    print(f"Recorded in {FILE}")


if __name__ == "__main__":
    main()
