"""Metrics that a program reads on demand: from its tables, and from its loops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from mergehub.kit.telemetry.loops import Loops

log = structlog.get_logger()

READ_SECONDS = 2.0

MEANINGS = {
    "mergehub_events_told": "The newest event's sequence",
    "mergehub_events_unpublished": "Events that wait to be published to the stream",
    "mergehub_events_unpublished_seconds": "How long the oldest of them has waited",
    "mergehub_events_applied": "The sequence of the last event that was applied or set aside",
    "mergehub_events_set_aside": "Events that could not be applied and wait for the operator",
    "mergehub_readings_up": "Whether the tables behind the other gauges could be read",
}


@dataclass(frozen=True)
class Reading:
    """The present value of a gauge; without a `meaning` its name is one of MEANINGS."""

    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    meaning: str = ""


Read = Callable[[], Awaitable[Sequence[Reading]]]


async def exposition(read: Read) -> bytes:
    """What `read` finds, in Prometheus's text format. It does not fail or hang if a store does."""
    task = asyncio.ensure_future(read())
    await asyncio.wait([task], timeout=READ_SECONDS)
    if not task.done():
        task.cancel()  # without waiting for it: its rollback may hang like the query
    up = task.done() and task.exception() is None
    if not up:
        error = task.exception() if task.done() else TimeoutError()
        log.warning("readings.failed", error=f"{type(error).__name__}: {error}")
    readings = [*(task.result() if up else ()), Reading("mergehub_readings_up", up)]
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Readings(readings))
    return generate_latest(registry)


class _Readings(Collector):
    def __init__(self, readings: Sequence[Reading]) -> None:
        self._readings = readings

    def collect(self) -> Iterator[GaugeMetricFamily]:
        families: dict[str, GaugeMetricFamily] = {}
        for reading in self._readings:
            name, labels = reading.name, list(reading.labels)
            meaning = reading.meaning or MEANINGS[name]
            family = families.setdefault(name, GaugeMetricFamily(name, meaning, labels=labels))
            family.add_metric(list(reading.labels.values()), reading.value)
        yield from families.values()


class LoopMetrics(Collector):
    """How late the loops of a process are."""

    def __init__(self, *loops: Loops) -> None:
        self._loops = loops

    def collect(self) -> Iterator[GaugeMetricFamily]:
        late = GaugeMetricFamily(
            "mergehub_loop_late_seconds",
            "How many seconds a loop's turn is overdue; 0 while it is on time",
            labels=["loop"],
        )
        for loop in (each for loops in self._loops for each in loops.watched):
            late.add_metric([loop.name], loop.late_seconds)
        yield late
