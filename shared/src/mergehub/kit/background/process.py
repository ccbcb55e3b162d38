"""The loops of a service, and the process that runs nothing else."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType

import structlog

from mergehub.kit.background.resources import Background, Resources, open_resources
from mergehub.kit.settings.names import warn_of_misspelt
from mergehub.kit.settings.service import ServiceSettings
from mergehub.kit.telemetry.logs import configure_logging
from mergehub.kit.telemetry.loops import Loop, Loops, running
from mergehub.kit.telemetry.metrics import LoopMetrics
from mergehub.kit.telemetry.probes import Probes, probed
from mergehub.kit.telemetry.traces import begin_tracing, end_tracing

log = structlog.get_logger()


def loops_of(
    service: Background,
    resources: Resources,
    background: bool,
    more: Mapping[str, Loop] = MappingProxyType({}),
) -> dict[str, Loop]:
    """The loops of a process, with or without the service's background work, and `more`.

    Each begins as soon as the tables are there.
    """
    loops: dict[str, Loop] = {"signals": resources.signals.run, **more}
    if background:
        loops |= service.loops(resources)
    return {f"{service.name}.{name}": resources.tables.after(loop) for name, loop in loops.items()}


def start_traces(service: str) -> None:
    """Trace this process if a receiver is named; log why if that is not possible."""
    if fault := begin_tracing(f"mergehub-{service}"):
        log.warning("traces.off", error=fault)


async def run_background(service: Background, settings: ServiceSettings) -> None:
    """Run a service's background process (`background=separate`) until a signal ends it."""
    configure_logging(settings.log_level)
    warn_of_misspelt()
    start_traces(service.name)
    stopped = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):  # The first process of a container ignores both.
        asyncio.get_running_loop().add_signal_handler(each, stopped.set)
    async with open_resources(service, settings) as resources:
        loops = loops_of(service, resources, background=True)
        async with watched_loops(loops, resources) as watched:
            with probed(settings.metrics_port, Probes(resources.metrics, watched.stuck)):
                await stopped.wait()
    end_tracing()


@asynccontextmanager
async def watched_loops(loops: Mapping[str, Loop], resources: Resources) -> AsyncIterator[Loops]:
    """Run `loops` while the block lasts, and report in the metrics how late they are."""
    async with running(loops) as watched:
        metrics = LoopMetrics(watched)
        resources.metrics.register(metrics)
        try:
            yield watched
        finally:
            resources.metrics.unregister(metrics)
