"""Models to merge, and a hub over real HTTP that keeps its runs in memory."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
import uvicorn
from fastapi import FastAPI, HTTPException, Response
from fastapi.responses import JSONResponse
from pydantic import SecretStr
from redis.asyncio import Redis
from safetensors.numpy import save_file

sys.path.insert(0, str(Path(__file__).parent))
from at_work import LAYERS, RECIPE, SHAPE

from merge_worker.engine import Sources, digest_of_folder, merge, plan_merge
from mergehub.contracts.hardware import Needs, lacking
from mergehub.contracts.kinds import RunSpec
from mergehub.contracts.runs import (
    FINAL,
    Claim,
    ClaimRequest,
    HeartbeatAnswer,
    HeartbeatRequest,
    ReleaseRequest,
    ReportRequest,
    Run,
    RunState,
)
from mergehub.contracts.workers import WorkerBeat
from mergehub.kit.settings.service import WorkerSettings
from mergehub.recipe import parse_recipe

WAIT_SECONDS = 100


@dataclass
class KeptRun:
    """A run and all that was said about it."""

    spec: RunSpec
    products: dict[str, UUID] = field(default_factory=dict)
    id: UUID = field(default_factory=uuid4)
    state: RunState = RunState.QUEUED
    fence: int = 0
    attempt: int = 0
    cancel: bool = False
    workers: list[str] = field(default_factory=list)
    nonces: list[UUID | None] = field(default_factory=list)
    beats: list[HeartbeatRequest] = field(default_factory=list)
    reports: list[ReportRequest] = field(default_factory=list)
    releases: list[ReleaseRequest] = field(default_factory=list)
    claims: list[ClaimRequest] = field(default_factory=list)
    needs: Needs | None = None
    timeout_seconds: int = 3600
    finished_at: datetime | None = None

    def lose_lease(self) -> None:
        """What the sweeper does with a run whose worker is silent."""
        self.state = RunState.QUEUED
        self.fence += 1

    @property
    def stages(self) -> list[str]:
        return [beat.progress.stage for beat in self.beats if beat.progress]


class Conflict(Exception):
    """The fence is stale, or the run cannot be claimed."""


class DoesNotFit(Exception):
    """The worker has no room for the run."""


class CounterpartHub:
    """Answers workers by the rules of the run protocol."""

    def __init__(self) -> None:
        self.runs: dict[UUID, KeptRun] = {}
        self.refuse_with: list[Response] = []  # answers to give first, whatever is asked
        self.refuse_reports_with: list[str] = []
        self.present: dict[str, WorkerBeat] = {}
        self.left: list[str] = []
        self.answers_to_lose = 0  # of messages that were heard and acted upon
        self.url = ""
        self._news = asyncio.Condition()

    def add(self, spec: RunSpec) -> KeptRun:
        run = KeptRun(spec)
        self.runs[run.id] = run
        return run

    async def until(self, true: Callable[[], Any]) -> None:
        """Wait for something that a worker says."""
        async with asyncio.timeout(WAIT_SECONDS), self._news:
            await self._news.wait_for(true)

    async def tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    def claim(self, run: KeptRun, body: ClaimRequest) -> Claim:
        repeated = run.state is RunState.RUNNING and body.nonce in run.nonces[-1:]
        if run.state is not RunState.QUEUED and not repeated:
            raise Conflict
        run.claims.append(body)
        if lacking(run.needs or Needs(), body.capacity):
            raise DoesNotFit
        if not repeated:
            run.state, run.fence, run.attempt = RunState.RUNNING, run.fence + 1, run.attempt + 1
            run.workers.append(body.worker)
            run.nonces.append(body.nonce)
        return Claim(
            run_id=run.id,
            fence=run.fence,
            attempt=run.attempt,
            lease_seconds=12,
            heartbeat_seconds=1,
            timeout_seconds=run.timeout_seconds,
            spec=run.spec,
            products=run.products,
        )

    def heartbeat(self, run: KeptRun, body: HeartbeatRequest) -> HeartbeatAnswer:
        self._check(run, body.fence)
        run.beats.append(body)
        return HeartbeatAnswer(order="cancel" if run.cancel else "go_on")

    def release(self, run: KeptRun, body: ReleaseRequest) -> Run:
        self._check(run, body.fence)
        run.releases.append(body)
        run.needs = body.needs or run.needs
        run.state, run.attempt = RunState.QUEUED, run.attempt - 1
        return _shown(run)

    def report(self, run: KeptRun, body: ReportRequest) -> Run:
        if body in run.reports:
            return _shown(run)
        self._check(run, body.fence)
        run.reports.append(body)
        again = body.error is not None and body.error.retryable
        run.state = RunState.QUEUED if again else RunState(body.outcome)
        return _shown(run)

    def _check(self, run: KeptRun, fence: int) -> None:
        if run.state is not RunState.RUNNING or run.fence != fence:
            raise Conflict


def _shown(run: KeptRun) -> Run:
    now = datetime.now(UTC)
    report = run.reports[-1] if run.reports else None
    return Run(
        id=run.id, kind=run.spec.kind, state=run.state, hardware="cpu", spec=run.spec,
        products=run.products, needs=run.needs, timeout_seconds=run.timeout_seconds,
        owner="local", visibility="public", attempt=run.attempt, fence=run.fence,
        worker=(run.workers or [None])[-1], progress=None,
        result=None, error=report.error if report else None, revision=1, created_at=now,
        started_at=now, finished_at=run.finished_at or (now if run.state in FINAL else None),
    )  # fmt: skip


def _app(hub: CounterpartHub) -> FastAPI:
    app = FastAPI()

    async def answer(run_id: UUID, act: Callable[[KeptRun], Any]) -> Any:
        if hub.refuse_with:
            return hub.refuse_with.pop(0)
        if run_id not in hub.runs:
            raise HTTPException(404)
        try:
            said = act(hub.runs[run_id])
        except Conflict:
            return problem(409, "The fence is stale.")
        except DoesNotFit:
            await hub.tell()
            return problem(409, "There is no room.", code="run-does-not-fit")
        await hub.tell()
        if hub.answers_to_lose:
            hub.answers_to_lose -= 1
            return Response("Bad gateway", 502)
        return said

    @app.get("/v1/runs/{run_id}")
    async def read(run_id: UUID) -> Any:
        if run_id not in hub.runs:
            return problem(404, "There is no such run.")
        return await answer(run_id, _shown)

    @app.post("/v1/runs/{run_id}/claim")
    async def claim(run_id: UUID, body: ClaimRequest) -> Any:
        return await answer(run_id, lambda run: hub.claim(run, body))

    @app.post("/v1/runs/{run_id}/heartbeat")
    async def heartbeat(run_id: UUID, body: HeartbeatRequest) -> Any:
        return await answer(run_id, lambda run: hub.heartbeat(run, body))

    @app.post("/v1/runs/{run_id}/release")
    async def release(run_id: UUID, body: ReleaseRequest) -> Any:
        return await answer(run_id, lambda run: hub.release(run, body))

    @app.post("/v1/runs/{run_id}/report")
    async def report(run_id: UUID, body: ReportRequest) -> Any:
        if hub.refuse_reports_with:
            return problem(422, hub.refuse_reports_with.pop(0))
        return await answer(run_id, lambda run: hub.report(run, body))

    @app.put("/v1/workers/{name}", status_code=204)
    async def beat(name: str, body: WorkerBeat) -> None:
        hub.present[name] = body
        await hub.tell()

    @app.delete("/v1/workers/{name}", status_code=204)
    async def leave(name: str) -> None:
        hub.left.append(name)
        await hub.tell()

    return app


def problem(status: int, detail: str, **more: str) -> Response:
    """Problem details as the services answer them."""
    body = {"detail": detail, **more}
    return JSONResponse(body, status, media_type="application/problem+json")


class _Server(uvicorn.Server):
    def capture_signals(self) -> Any:
        return nullcontext()  # signals are for the tests


@pytest.fixture
async def hub() -> AsyncIterator[CounterpartHub]:
    """A running counterpart on a loopback port."""
    kept = CounterpartHub()
    server = _Server(uvicorn.Config(_app(kept), port=0, log_level="warning", ws="none"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event for it
        await asyncio.sleep(0)
    kept.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield kept
    server.should_exit = True
    await serving


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models large enough that a merge can be caught in the middle."""
    root = tmp_path_factory.mktemp("models")
    for seed, name in enumerate(("first", "second")):
        draw = np.random.default_rng(seed)
        folder = root / name
        folder.mkdir()
        layer = draw.standard_normal(SHAPE, np.float32)
        save_file(
            {f"model.layers.{i}.mlp.up_proj.weight": layer + i for i in range(LAYERS)},
            folder / "model.safetensors",
            metadata={"format": "pt"},
        )
        config = {"model_type": "llama", "architectures": ["LlamaForCausalLM"],
                  "num_hidden_layers": LAYERS, "hidden_size": 1024}  # fmt: skip
        (folder / "config.json").write_text(json.dumps(config))
    return root


@pytest.fixture(scope="session")
def undisturbed(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model that the merge gives when nothing goes wrong."""
    out = tmp_path_factory.mktemp("undisturbed") / "merged"
    return merge(plan_merge(parse_recipe(RECIPE), Sources(roots=(models,))), out).folder


@pytest.fixture(scope="session")
def expected_digest(undisturbed: Path) -> str:
    return digest_of_folder(undisturbed)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture
def settings(hub: Any, redis_url: str, models: Path, tmp_path: Path) -> WorkerSettings:
    return WorkerSettings(
        hub_url=hub.url,
        redis_url=redis_url,
        worker_token=SecretStr("mgh_worker"),
        worker_name="worker-1",
        model_roots=[models],
        artifacts=tmp_path / "artifacts",
        scratch=tmp_path / "scratch",
    )
