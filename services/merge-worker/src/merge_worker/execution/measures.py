"""The metrics of a worker: its runs, what their processes use, its heartbeats and its disk."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from merge_worker.child.messages import Progress, Usage
from mergehub.contracts.kinds import KINDS
from mergehub.contracts.runs import RunProgress
from mergehub.kit.settings.service import WorkerSettings

OUTCOMES = ("succeeded", "failed", "cancelled", "released", "lost")
HEARTBEATS = ("renewed", "lost", "failed")
SECONDS = (1, 5, 15, 60, 300, 900, 3600, 3 * 3600, 12 * 3600)
MEMORY = tuple(float(1 << power) for power in range(28, 41))  # 256 MiB to 1 TiB
GPU_MEMORY = tuple(float(1 << power) for power in range(24, 39))  # 16 MiB to 256 GiB
ITEMS = "items"
"""The unit of the progress of an evaluation."""


class Measures:
    """The metrics of one worker, all of which exist from its start."""

    def __init__(self, registry: CollectorRegistry, settings: WorkerSettings) -> None:
        def counter(name: str, meaning: str, *labels: str) -> Counter:
            return Counter(name, meaning, labels, registry=registry)

        def histogram(name: str, meaning: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(name, meaning, ["kind"], registry=registry, buckets=buckets)

        self._runs = counter(
            "mergehub_worker_runs", "Attempts at runs that ended", "kind", "outcome"
        )
        self._seconds = histogram(
            "mergehub_worker_run_seconds", "How long an attempt at a run took", SECONDS
        )
        self._heartbeats = counter(
            "mergehub_worker_heartbeats", "Heartbeats, which renew the lease of a run", "outcome"
        )
        self._read = counter(
            "mergehub_worker_read_bytes", "Bytes that the processes of runs have read", "kind"
        )
        self._written = counter(
            "mergehub_worker_written_bytes", "Bytes that the processes of runs have written", "kind"
        )
        self._items = counter("mergehub_worker_items", "Items that evaluations have scored")
        self._memory = histogram(
            "mergehub_worker_peak_memory_bytes", "The most memory that an attempt used", MEMORY
        )
        self._gpu_memory = histogram(
            "mergehub_worker_peak_gpu_memory_bytes",
            "The most GPU memory that an attempt held, if it used any",
            GPU_MEMORY,
        )
        self._busy = Gauge(
            "mergehub_worker_busy", "Whether the worker holds a run", registry=registry
        )
        self._registered = Gauge(
            "mergehub_worker_registered",
            "Whether the hub has lately accepted the worker's report that it is alive",
            registry=registry,
        )
        self._begin()
        registry.register(_Disk(settings))

    def _begin(self) -> None:
        """Make every series, so that a first failure shows as an increase."""
        for kind in KINDS:
            for outcome in OUTCOMES:
                self._runs.labels(kind, outcome)
            self._read.labels(kind)
            self._written.labels(kind)
            for each in (self._seconds, self._memory, self._gpu_memory):
                each.labels(kind)
        for outcome in HEARTBEATS:
            self._heartbeats.labels(outcome)

    def registered(self, accepted: bool) -> None:
        """Note whether the hub accepted the last report of presence."""
        self._registered.set(accepted)

    def heartbeat(self, outcome: str) -> None:
        """Count a heartbeat by one of HEARTBEATS."""
        self._heartbeats.labels(outcome).inc()

    def attempt(self, kind: str) -> Measured:
        """The measurement of an attempt that begins now."""
        self._busy.set(1)
        return Measured(self, kind)

    def used(self, kind: str, before: Usage, now: Usage) -> None:
        """Count the bytes that a process used between two of its messages."""
        self._read.labels(kind).inc(max(0, now.read - before.read))
        self._written.labels(kind).inc(max(0, now.written - before.written))

    def scored(self, items: int) -> None:
        """Count scored items of an evaluation."""
        self._items.inc(items)

    def ended(self, kind: str, outcome: str, seconds: float, usage: Usage) -> None:
        """Count the end of an attempt by one of OUTCOMES."""
        self._busy.set(0)
        self._runs.labels(kind, outcome).inc()
        self._seconds.labels(kind).observe(seconds)
        if usage.memory:
            self._memory.labels(kind).observe(usage.memory)
        if usage.gpu_memory:
            self._gpu_memory.labels(kind).observe(usage.gpu_memory)


class Measured:
    """The measurement of one attempt; without an outcome it counts as lost."""

    def __init__(self, measures: Measures, kind: str) -> None:
        self._measures = measures
        self._kind = kind
        self._started = time.monotonic()
        self._usage = Usage()
        self._seen: RunProgress | None = None
        self.outcome = "lost"

    def heartbeat(self, outcome: str) -> None:
        """Count a heartbeat of the attempt."""
        self._measures.heartbeat(outcome)

    def progress(self, message: Progress) -> None:
        """Count what was done since the last message of the child."""
        self._measures.used(self._kind, self._usage, message.usage)
        self._usage = message.usage
        now, before = message.progress, self._seen
        if now.unit == ITEMS:
            same = before is not None and before.stage == now.stage
            done = before.done if same and before is not None else 0
            self._measures.scored(max(0, now.done - done))
        self._seen = now

    def end(self) -> None:
        """Count the end of the attempt with its outcome."""
        seconds = time.monotonic() - self._started
        self._measures.ended(self._kind, self.outcome, seconds, self._usage)


class _Disk(Collector):
    """The free space of the worker's folders, read at each scrape."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._folders = {"artifacts": settings.models, "scratch": settings.scratch}

    def collect(self) -> Iterator[GaugeMetricFamily]:
        free = GaugeMetricFamily(
            "mergehub_worker_disk_free_bytes",
            "Free space on the disk of a folder; 0 if it cannot be read",
            labels=["folder"],
        )
        for name, folder in self._folders.items():
            free.add_metric([name], _free(folder.resolve()))
        yield free


def _free(folder: Path) -> int:
    try:
        there = next(path for path in (folder, *folder.parents) if path.exists())
        return shutil.disk_usage(there).free
    except OSError:
        return 0
