"""Metrics of runs and workers that are read from the tables, the same in every replica."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.hardware import HARDWARE
from mergehub.contracts.runs import RunState
from mergehub.kit.telemetry.metrics import Reading
from registry.runs.models import RunRow
from registry.runs.protocol.queues import depths
from registry.runs.workers.models import WorkerRow
from registry.runs.workers.service import SILENT

STATES = ("idle", "busy", "silent")


async def readings(session: AsyncSession) -> list[Reading]:
    """How many runs wait and for how long, and what the workers do, by class of hardware."""
    return [*await _queues(session), *await _workers(session)]


async def _queues(session: AsyncSession) -> list[Reading]:
    found = []
    oldest = await _oldest(session)
    for queue in await depths(session):
        for state in ("due", "delayed", "running"):
            labels = {"hardware": queue.hardware, "state": state}
            meaning = "Unfinished runs by class of hardware"
            found.append(Reading("mergehub_queue_runs", getattr(queue, state), labels, meaning))
        found.append(
            Reading(
                "mergehub_queue_oldest_seconds",
                oldest.get(queue.hardware, 0.0),
                {"hardware": queue.hardware},
                "How long the oldest run has waited that no worker has claimed yet",
            )
        )
    return found


async def _oldest(session: AsyncSession) -> dict[str, float]:
    age = func.extract("epoch", func.now() - func.min(RunRow.created_at))
    query = (
        select(RunRow.hardware, age)
        .where(RunRow.state == RunState.QUEUED, RunRow.claimed_at.is_(None))
        .group_by(RunRow.hardware)
    )
    return {hardware: float(seconds) for hardware, seconds in await session.execute(query)}


async def _workers(session: AsyncSession) -> list[Reading]:
    held = exists().where(RunRow.worker == WorkerRow.name, RunRow.state == RunState.RUNNING)
    alive = WorkerRow.seen_at >= func.now() - SILENT
    counts: Counter[tuple[str, str]] = Counter()
    for hardware, is_alive, busy in await session.execute(select(WorkerRow.hardware, alive, held)):
        counts[hardware, ("busy" if busy else "idle") if is_alive else "silent"] += 1
    meaning = "Registered workers by class of hardware; a silent one has stopped reporting"
    return [
        Reading("mergehub_workers", counts[hardware, state], labels, meaning)
        for hardware in HARDWARE
        for state in STATES
        if (labels := {"hardware": hardware, "state": state})
    ]
