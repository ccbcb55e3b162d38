"""What each program really exposes at `/metrics`, for tests of pages, dashboards and alerts."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from merge_worker.execution.measures import Measures as WorkerMeasures
from mergehub.contracts.runs import RunState
from mergehub.contracts.services import SERVICES
from mergehub.kit.background.process import watched_loops
from mergehub.kit.settings.service import ServiceSettings, WorkerSettings
from mergehub.kit.telemetry.loops import running
from mergehub.kit.telemetry.metrics import LoopMetrics
from registry.runs.measures import Measures as RunMeasures
from registry.runs.models import RunRow

WORKER, BACKGROUND = "worker", "-background"


@asynccontextmanager
async def exposed(database_url: str, redis_url: str, data: Path) -> AsyncIterator[dict[str, str]]:
    """The text of `/metrics` of each program: services, their background processes, a worker."""
    settings = ServiceSettings(
        database_url=database_url, redis_url=redis_url, background="separate", data=data
    )
    async with AsyncExitStack() as stack:
        texts = {WORKER: await _worker(data)}
        for service in SERVICES:
            module, _, function = service.factory.partition(":")
            app = getattr(importlib.import_module(module), function)(settings)
            await stack.enter_async_context(app.router.lifespan_context(app))
            client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub")
            resources = app.state.resources
            if measures := resources.database.info.get(RunMeasures):
                measures.ended(_merged(), RunState.SUCCEEDED, datetime.now(UTC))
            async with client:
                await client.get("/metrics")  # so that the next one has counted a request
                texts[service.name] = (await client.get("/metrics")).text
            background = importlib.import_module(f"{service.name}.background").BACKGROUND
            alone = CollectorRegistry()
            apart = resources.__class__(**{**vars(resources), "metrics": alone})
            resources.database.info.clear()  # as in a process of its own
            async with watched_loops({"loop": asyncio.Event().wait}, apart):
                background.loops(apart)
                texts[service.name + BACKGROUND] = generate_latest(alone).decode()
        yield texts


async def _worker(data: Path) -> str:
    metrics = CollectorRegistry()
    settings = WorkerSettings(worker_token=SecretStr("mgh_worker"), artifacts=data, scratch=data)
    WorkerMeasures(metrics, settings)
    async with running({"loop": asyncio.Event().wait}) as loops:
        metrics.register(LoopMetrics(loops))
        return generate_latest(metrics).decode()


def _merged() -> RunRow:
    """A run that succeeded, so that its series exist."""
    result = {"method": "linear", "bytes": 1, "seconds": 1}
    return RunRow(kind="merge", hardware="cpu", result=result, claimed_at=datetime.now(UTC))


def families(texts: Mapping[str, str]) -> dict[str, Metric]:
    """All metric families of all programs, by name."""
    found: dict[str, Metric] = {}
    for text in texts.values():
        for family in text_string_to_metric_families(text):
            kept = found.setdefault(family.name, family)
            kept.samples.extend(family.samples if kept is not family else [])
    return found


def series(texts: Mapping[str, str]) -> set[str]:
    """The names that an expression may use, also of series that do not exist yet."""
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
    return {
        family.name + ending
        for family in families(texts).values()
        for ending in endings.get(family.type, ("",))
    }
