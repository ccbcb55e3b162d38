"""A worker serves its health and its metrics, whatever the hub and Redis do."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import Any

import httpx
import pytest
from at_work import bell, eventually, listening, merge_spec, worker_process
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from merge_worker.child.messages import Progress, Usage
from merge_worker.child.usage import usage
from merge_worker.execution.measures import Measures
from merge_worker.execution.presence import Presence
from merge_worker.execution.slot import Slot
from mergehub.contracts.runs import RunProgress
from mergehub.contracts.worker_client import RunClient
from mergehub.kit.settings.service import WorkerSettings
from mergehub.kit.telemetry.loops import running


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def ask(port: int, path: str) -> httpx.Response | None:
    try:
        return httpx.get(f"http://127.0.0.1:{port}{path}")
    except httpx.TransportError:
        return None


@pytest.mark.process
async def test_a_worker_lives_without_the_hub_and_is_ready_once_it_is_registered(
    hub: Any, redis: Redis, settings: WorkerSettings, port: int
) -> None:
    nowhere = {"hub_url": "http://127.0.0.1:1", "redis_url": "redis://127.0.0.1:1"}
    apart = settings.model_copy(update={"metrics_port": port, **nowhere})
    async with worker_process(apart):
        alive = await eventually(lambda: ask(port, "/healthz"))
        assert (alive.status_code, alive.text) == (200, "ok\n")
        unready = await eventually(
            lambda: (told := ask(port, "/readyz")) and "did not accept" in told.text and told
        )
        assert unready.status_code == 503
        assert "mergehub_worker_registered 0.0" in ask(port, "/metrics").text  # type: ignore[union-attr]
    async with worker_process(settings.model_copy(update={"metrics_port": port})):
        await eventually(lambda: (told := ask(port, "/readyz")) and told.status_code == 200)
        told = ask(port, "/metrics")
    assert told is not None
    assert "mergehub_worker_registered 1.0" in told.text
    assert 'mergehub_loop_late_seconds{loop="doorbell"} 0.0' in told.text
    assert 'mergehub_loop_late_seconds{loop="presence"} 0.0' in told.text


@pytest.mark.process
async def test_a_worker_without_redis_is_not_ready_and_says_so(
    hub: Any, settings: WorkerSettings, port: int
) -> None:
    away = settings.model_copy(update={"metrics_port": port, "redis_url": "redis://127.0.0.1:1"})
    async with worker_process(away):
        unready = await eventually(
            lambda: (
                (told := ask(port, "/readyz"))
                and "ConnectionError" in told.text
                and "registered" not in told.text
                and told
            )
        )
    assert unready.status_code == 503
    assert unready.text == "Redis (MERGEHUB_REDIS_URL) cannot be used: ConnectionError.\n"


async def test_a_withheld_report_names_the_loop_that_is_late(settings: WorkerSettings) -> None:
    class Late:
        def faults(self) -> list[str]:
            return ["The loop doorbell has made no progress for too long: it hung."]

    presence = Presence(None, "cpu", None, Late(), Measures(CollectorRegistry(), settings))  # type: ignore[arg-type]
    task = asyncio.create_task(presence.run())
    await eventually(lambda: "doorbell" in presence.faults()[0])
    task.cancel()
    assert presence.faults() == [
        "The worker is not registered at the hub: it withholds its report. The loop doorbell has "
        "made no progress for too long: it hung."
    ]


class AllWell:
    """Loops that all run."""

    def faults(self) -> list[str]:
        return []


async def test_a_worker_that_starts_before_its_hub_is_known_without_waiting_for_the_next_beat(
    settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("merge_worker.execution.presence.BEAT_SECONDS", 3600)
    answers = [503, 503, 204]

    async def register(request: Request) -> Response:
        return Response("", answers.pop(0))

    hub = Starlette(routes=[Route("/v1/workers/{name}", register, methods=["PUT"])])
    transport = httpx.ASGITransport(hub)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as http:
        client, measures = RunClient(http), Measures(CollectorRegistry(), settings)
        presence = Presence(Slot(settings, client, measures), "cpu", client, AllWell(), measures)  # type: ignore[arg-type]
        async with running({"presence": presence.run}):
            await eventually(lambda: not presence.faults())
    assert answers == []


@pytest.mark.process
async def test_a_merge_is_counted_with_what_it_used(
    hub: Any, redis: Redis, settings: WorkerSettings
) -> None:
    metrics = CollectorRegistry()
    run = hub.add(merge_spec())
    async with listening(settings, Measures(metrics, settings)):
        await bell(redis, run)
        await hub.until(lambda: run.reports)

        def value(name: str, **labels: str) -> float | None:
            return metrics.get_sample_value(name, labels)

        merge = {"kind": "merge"}
        await eventually(lambda: value("mergehub_worker_busy") == 0)
    assert value("mergehub_worker_runs_total", outcome="succeeded", **merge) == 1
    assert value("mergehub_worker_run_seconds_count", **merge) == 1
    size = run.reports[0].result.bytes
    assert (value("mergehub_worker_written_bytes_total", **merge) or 0) >= size
    assert (value("mergehub_worker_read_bytes_total", **merge) or 0) >= size
    assert (value("mergehub_worker_heartbeats_total", outcome="renewed") or 0) >= 1
    assert value("mergehub_worker_peak_memory_bytes_count", **merge) == 1
    assert (value("mergehub_worker_disk_free_bytes", folder="artifacts") or 0) > 0


def test_items_of_an_evaluation_are_counted_once_each(settings: WorkerSettings) -> None:
    metrics = CollectorRegistry()
    measured = Measures(metrics, settings).attempt("evaluate")
    for stage, done in [("dates", 0), ("dates", 30), ("dates", 50), ("units", 20)]:
        progress = RunProgress(stage=stage, done=done, total=50, unit="items")
        measured.progress(Progress(progress=progress, usage=Usage(read=done)))
    assert metrics.get_sample_value("mergehub_worker_items_total") == 70
    assert metrics.get_sample_value("mergehub_worker_read_bytes_total", {"kind": "evaluate"}) == 50


def test_an_attempt_that_ends_without_an_outcome_counts_as_lost(settings: WorkerSettings) -> None:
    metrics = CollectorRegistry()
    Measures(metrics, settings).attempt("merge").end()
    lost = {"kind": "merge", "outcome": "lost"}
    assert metrics.get_sample_value("mergehub_worker_runs_total", lost) == 1


def test_a_process_knows_what_it_has_used() -> None:
    before = usage()
    with open(os.devnull, "wb") as sink:
        sink.write(b"x" * 100_000)
    assert usage().written - before.written >= 100_000
    assert usage().memory > 1 << 20
