"""A hub over real HTTP for workers under test; it keeps its runs in memory.

`tests/test_counterpart.py` sends it and the registry the same requests and requires the same
answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import uvicorn
from fastapi import FastAPI, HTTPException, Response
from fastapi.responses import JSONResponse

from mergehub.contracts.hardware import Needs, lacking
from mergehub.contracts.kinds import RunSpec
from mergehub.contracts.runs import (
    FINAL,
    MAX_ATTEMPTS,
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

WAIT_SECONDS = 100


@dataclass
class KeptRun:
    """A run, and all messages about it."""

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
    warnings: list[str] = field(default_factory=list)
    timeout_seconds: int = 3600
    finished_at: datetime | None = None

    def lose_lease(self) -> None:
        """Take the run back, as the sweeper does from a silent worker."""
        self.fail(retryable=True)

    def fail(self, retryable: bool) -> None:
        if self.cancel:
            self.state = RunState.CANCELLED
        else:
            again = retryable and self.attempt < MAX_ATTEMPTS
            self.state = RunState.QUEUED if again else RunState.FAILED

    def note(self, warnings: list[str]) -> None:
        self.warnings += [each for each in warnings if each not in self.warnings]

    @property
    def stages(self) -> list[str]:
        return [beat.progress.stage for beat in self.beats if beat.progress]


class Conflict(Exception):
    """The fence is stale, or the run cannot be claimed; the code of the problem says which."""


class CounterpartHub:
    """Answers workers by the rules of the run protocol."""

    def __init__(self) -> None:
        self.runs: dict[UUID, KeptRun] = {}
        self.refuse_with: list[Response] = []  # the first answers, to any request
        self.refuse_reports_with: list[str] = []
        self.present: dict[str, WorkerBeat] = {}
        self.left: list[str] = []
        self.answers_to_lose = 0  # of messages that took effect
        self.may_report = asyncio.Event()  # reports wait for it
        self.may_report.set()
        self.url = ""
        self._news = asyncio.Condition()

    def add(self, spec: RunSpec) -> KeptRun:
        run = KeptRun(spec)
        self.runs[run.id] = run
        return run

    async def until(self, true: Callable[[], Any]) -> None:
        """Wait until a worker's message makes a condition true."""
        async with asyncio.timeout(WAIT_SECONDS), self._news:
            await self._news.wait_for(true)

    async def tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    def claim(self, run: KeptRun, body: ClaimRequest) -> Claim:
        granted = (run.workers[-1:], run.nonces[-1:]) == ([body.worker], [body.nonce])
        repeated = run.state is RunState.RUNNING and body.nonce is not None and granted
        if run.state is not RunState.QUEUED and not repeated:
            raise Conflict("run-leased")
        run.claims.append(body)
        if not repeated and lacking(run.needs or Needs(), body.capacity):
            raise Conflict("run-does-not-fit")
        if not repeated:
            run.state, run.fence, run.attempt = RunState.RUNNING, run.fence + 1, run.attempt + 1
            run.workers.append(body.worker)
            run.nonces.append(body.nonce)
        return Claim(
            traceparent=None,
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
        run.note(body.warnings)
        run.needs = body.needs or run.needs
        return HeartbeatAnswer(order="cancel" if run.cancel else "go_on")

    def release(self, run: KeptRun, body: ReleaseRequest) -> Run:
        self._check(run, body.fence)
        run.releases.append(body)
        run.needs = body.needs or run.needs
        run.state = RunState.CANCELLED if run.cancel else RunState.QUEUED
        run.attempt -= 1
        return _shown(run)

    def report(self, run: KeptRun, body: ReportRequest) -> Run:
        if body in run.reports[-1:]:
            return _shown(run)
        self._check(run, body.fence)
        run.reports.append(body)
        run.note([*body.warnings, *(body.result.warnings if body.result else [])])
        if body.error is not None:
            run.fail(body.error.retryable)
        else:
            run.state = RunState(body.outcome)
        return _shown(run)

    def _check(self, run: KeptRun, fence: int) -> None:
        if run.state is not RunState.RUNNING or run.fence != fence:
            raise Conflict("stale-fence")


def _shown(run: KeptRun) -> Run:
    now = datetime.now(UTC)
    report = run.reports[-1] if run.reports else None
    return Run(
        id=run.id, kind=run.spec.kind, state=run.state, hardware="cpu", spec=run.spec,
        products=run.products, push=None, needs=run.needs, timeout_seconds=run.timeout_seconds,
        owner="local", visibility="public", attempt=run.attempt, fence=run.fence,
        worker=_worker(run), progress=None,
        result=None, error=report.error if report else None, warnings=run.warnings, revision=1,
        created_at=now,
        started_at=now, finished_at=run.finished_at or (now if run.state in FINAL else None),
    )  # fmt: skip


def _worker(run: KeptRun) -> str | None:
    return run.workers[-1] if run.workers and run.state is not RunState.QUEUED else None


def app_of(hub: CounterpartHub) -> FastAPI:
    app = FastAPI()

    async def answer(run_id: UUID, act: Callable[[KeptRun], Any]) -> Any:
        if hub.refuse_with:
            return hub.refuse_with.pop(0)
        if run_id not in hub.runs:
            raise HTTPException(404)
        try:
            said = act(hub.runs[run_id])
        except Conflict as conflict:
            await hub.tell()
            return problem(409, f"Refused: {conflict}.", code=str(conflict))
        await hub.tell()
        if hub.answers_to_lose:
            hub.answers_to_lose -= 1
            return Response("Bad gateway", 502)
        return said

    @app.get("/v1/runs/{run_id}")
    async def read(run_id: UUID) -> Any:
        if run_id not in hub.runs:
            return problem(404, f"There is no run {run_id}.")
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
        await hub.may_report.wait()
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
    """Problem details in the services' form."""
    body = {"detail": detail, **more}
    return JSONResponse(body, status, media_type="application/problem+json")


class _Server(uvicorn.Server):
    def capture_signals(self) -> Any:
        return nullcontext()  # signals are for the tests


@asynccontextmanager
async def counterpart() -> AsyncIterator[CounterpartHub]:
    """A running counterpart on a loopback port."""
    kept = CounterpartHub()
    server = _Server(uvicorn.Config(app_of(kept), port=0, log_level="warning", ws="none"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event for it
        await asyncio.sleep(0)
    kept.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield kept
    server.should_exit = True
    await serving
