"""The reports of workers about themselves, and the view that clients get."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from mergehub.contracts.destinations import AllowList
from mergehub.contracts.examples import example
from mergehub.contracts.hardware import Capacity, Hardware
from mergehub.contracts.messages import Answer, Message
from mergehub.contracts.runs import RunProgress

BEAT_SECONDS = 10
SILENT_SECONDS = 30
"""A worker that has not reported for so long counts as gone."""

WORKER_PROTOCOL = "worker protocol"
"""The tag of the operations that only workers use; documents show it last."""

WorkerName = Annotated[str, Field(min_length=1, max_length=200)]


class WorkerBeat(Message):
    """A worker's report that it is alive."""

    model_config = example(
        hardware="cpu", capacity={"memory": 16 << 30, "disk": 1 << 40}, version="0.1.0"
    )

    hardware: Hardware
    capacity: Capacity
    version: str = Field(max_length=100)
    pushes: AllowList = Field(default_factory=list)


class WorkerRun(Answer):
    """The run that a worker holds, and since when."""

    id: UUID
    kind: str
    attempt: int
    since: datetime
    progress: RunProgress | None


class Worker(Answer):
    """A worker: `alive` if it has reported lately; `run` while it is busy.

    `since` is when it registered, `idle_since` when its last run ended, or when it registered.
    """

    name: str
    hardware: str
    capacity: Capacity
    version: str
    alive: bool
    since: datetime
    idle_since: datetime
    seen_at: datetime
    run: WorkerRun | None
