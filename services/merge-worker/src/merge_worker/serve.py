"""The life of a worker: what runs in it beside the runs, and an orderly end."""

from __future__ import annotations

import asyncio
import signal
from functools import partial

import structlog
from prometheus_client import CollectorRegistry

from merge_worker.child.messages import SERVICE
from merge_worker.execution.deletion_cost import DeletionCost
from merge_worker.execution.leftovers import Leftovers
from merge_worker.execution.measures import Measures
from merge_worker.execution.presence import Presence
from merge_worker.execution.shift import Shift
from merge_worker.execution.slot import Slot
from merge_worker.jobs import CLOSE_SECONDS, Doorbell
from mergehub.contracts.hardware import Gpu
from mergehub.contracts.worker_client import RunClient
from mergehub.kit.settings.names import warn_of_misspelt
from mergehub.kit.settings.service import WorkerSettings
from mergehub.kit.telemetry.logs import configure_logging
from mergehub.kit.telemetry.loops import Loop, Loops, running
from mergehub.kit.telemetry.metrics import LoopMetrics
from mergehub.kit.telemetry.probes import Probes, probed
from mergehub.kit.telemetry.traces import begin_tracing, end_tracing, traceparent

log = structlog.get_logger()

# Exit statuses. An unexpected error ends Python with 1.
DRAINED = 0
NOT_HANDED_BACK = 75  # EX_TEMPFAIL of sysexits.h: the run continues when its lease ends


NO_KEY = (
    "Models get no signed statement of provenance here. Set MERGEHUB_SIGNING_KEY_FILE to a private "
    "key; `mergehub keys --make FOLDER` makes one."
)


async def serve(settings: WorkerSettings, gpu: Gpu | None = None) -> int:
    """Work until the shift is over or a signal ends it; then return the exit status.

    A run that is at work has `drain_seconds` to end; then it is released.
    """
    configure_logging(settings.log_level)
    warn_of_misspelt()
    if fault := begin_tracing(SERVICE):
        log.warning("traces.off", error=fault)
    warn_of_missing_key(settings)
    shift = Shift(settings.runs, settings.idle_seconds)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, shift.end, "a signal ends it")
    token = settings.worker_token.get_secret_value()
    client = RunClient.connect(settings.hub_url, token, traceparent)
    handed_back = await _work(settings, client, shift, gpu)
    await client.aclose()
    await asyncio.to_thread(end_tracing)
    return DRAINED if handed_back else NOT_HANDED_BACK


def warn_of_missing_key(settings: WorkerSettings) -> None:
    """Log once for a worker that it signs nothing."""
    if settings.signing_key is None:
        log.warning("signing.off", remedy=NO_KEY)


async def _work(settings: WorkerSettings, client: RunClient, shift: Shift, gpu: Gpu | None) -> bool:
    """Answer bells until the shift is over, then drain; returns whether all was handed back."""
    metrics = CollectorRegistry()
    measures = Measures(metrics, settings)
    slot = Slot(settings, client, measures, gpu)
    doorbell = Doorbell(settings, slot, shift)
    loops = {"doorbell": doorbell.listen, "leftovers": Leftovers(settings, client).run}
    async with running(loops, farewell=CLOSE_SECONDS + 0.5) as watched:
        presence = Presence(slot, settings.hardware, client, watched, measures)
        reports = {"presence": presence.run} | _reports_to_kubernetes(settings, shift)
        async with running(reports) as itself:
            metrics.register(LoopMetrics(watched, itself))
            unready = partial(_unready, presence, doorbell)
            probes = Probes(metrics, partial(_stuck, watched, itself), unready)
            with probed(settings.metrics_port, probes):
                log.info("worker.listening", hardware=settings.hardware, hub=settings.hub_url)
                await shift.over.wait()
                await slot.finish(settings.drain_seconds)
    handed_back = await slot.drain()
    await presence.end()
    await doorbell.close()
    return handed_back


def _reports_to_kubernetes(settings: WorkerSettings, shift: Shift) -> dict[str, Loop]:
    """The loop that reports how costly it is to delete the pod, if the worker knows its pod."""
    if settings.pod_name is None:
        return {}
    cost = DeletionCost(settings.pod_name, settings.pod_account, lambda: shift.busy)
    return {"deletion-cost": cost.run}


def _stuck(*loops: Loops) -> list[str]:
    return [said for each in loops for said in each.stuck()]


def _unready(presence: Presence, doorbell: Doorbell) -> list[str]:
    return presence.faults() + doorbell.faults()
