"""The run protocol: states, the allowed moves between them, and every message about a run.

The row in the registry is the authority on a run. A worker claims it, keeps its lease by
heartbeats, and reports once; the fence that came with the claim proves that the claim still holds.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from mergehub.contracts.destinations import AllowList, WantedPush
from mergehub.contracts.examples import RUN, VERSION_ID, example
from mergehub.contracts.hardware import Capacity, Hardware, Needs
from mergehub.contracts.kinds import RunResult, RunSpec
from mergehub.contracts.kinds.kind import MOST_WARNINGS
from mergehub.contracts.messages import Answer, Message
from mergehub.contracts.names import Note
from mergehub.contracts.strict import Lax

LEASE_SECONDS = 12
HEARTBEAT_SECONDS = 4
MAX_ATTEMPTS = 5


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINAL = frozenset({RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED})

# Code that changes a run's state checks this table first. Only a retry, which a client asks for,
# leaves a final state; nothing leaves a success.
MOVES: dict[RunState, frozenset[RunState]] = {
    RunState.QUEUED: frozenset({RunState.RUNNING, RunState.CANCELLED}),
    RunState.RUNNING: frozenset({RunState.QUEUED, *FINAL}),
    RunState.SUCCEEDED: frozenset(),
    RunState.FAILED: frozenset({RunState.QUEUED}),
    RunState.CANCELLED: frozenset({RunState.QUEUED}),
}


Products = Annotated[
    dict[str, UUID],
    Field(
        description="The run that made each product in the spec, by the product's name there: the "
        "models of runs that the worker may open."
    ),
]


Warnings = Annotated[
    list[Note],
    Field(
        max_length=MOST_WARNINGS,
        description="Sentences about what this attempt has not done as asked so far.",
    ),
]


class RunProgress(Message):
    """The progress of a run; `total` is 0 while unknown. Bytes are those of the output."""

    stage: str = Field(max_length=100)
    done: int = Field(ge=0)
    total: int = Field(ge=0)
    unit: str = Field(max_length=20)
    bytes_done: int = Field(0, ge=0)
    bytes_total: int = Field(0, ge=0)
    seconds: float = Field(default=0, ge=0, description="Time spent in this attempt so far.")


class RunError(Message):
    """Why an attempt ended: a stable code, a sentence, and the last lines of the child process."""

    code: str = Field(max_length=60)
    message: str = Field(max_length=10_000)
    last_lines: list[str] = Field(default_factory=list, max_length=50)
    retryable: bool = False

    def with_last_lines(self, lines: list[str]) -> RunError:
        """The error with the last lines of a child. NUL, which nothing here stores, is replaced."""
        message, *last = (
            each.replace("\0", "\N{REPLACEMENT CHARACTER}") for each in (self.message, *lines)
        )
        return self.model_copy(update={"message": message, "last_lines": last})


def timed_out(seconds: int) -> RunError:
    """The error of an attempt that exceeded its time limit."""
    return RunError(
        code="timed-out",
        message=f"The attempt took longer than its limit of {seconds} s. A retry continues where "
        "it ended. For a longer limit, submit the run with a larger `timeout_seconds` (in the "
        "shell: `--timeout`).",
    )


class ClaimRequest(Message):
    """A worker's claim to a run. With the same nonce, a repeated request gets the same claim."""

    model_config = example(
        worker="worker-1", nonce=VERSION_ID, hardware="cpu", capacity={"memory": 16 << 30}
    )

    worker: str = Field(min_length=1, max_length=200)
    nonce: Lax[UUID] | None = Field(
        None, description="New for each claim, the same when the request is sent again."
    )
    hardware: Hardware | None = Field(None, description="The worker's class; null: any run suits.")
    capacity: Capacity = Capacity()
    pushes: AllowList = Field(default_factory=list)


class Claim(Answer):
    """The right to work on a run until its lease ends; `fence` grows with each claim.

    `traceparent` is the span that submitted the run, if the registry has traces.
    """

    run_id: UUID
    fence: int
    attempt: int
    lease_seconds: int
    heartbeat_seconds: int
    timeout_seconds: int
    spec: RunSpec
    products: Products
    traceparent: str | None


class HeartbeatRequest(Message):
    model_config = example(fence=1, progress=RUN["progress"])

    fence: int
    progress: RunProgress | None = None
    needs: Needs | None = Field(
        None, description="The resources that the run needs, once its plan is made."
    )
    warnings: Warnings = Field(default_factory=list)


class HeartbeatAnswer(Answer):
    order: Literal["go_on", "cancel"]


class ReleaseRequest(Message):
    """Return a run without using up its attempt: the worker stops, or `needs` do not fit."""

    model_config = example(fence=1, reason="The worker is stopping.")

    fence: int
    reason: str = Field(max_length=500)
    needs: Needs | None = None


class ReportRequest(Message):
    """The outcome of an attempt: a success has a `result`, a failure an `error`."""

    model_config = example(
        fence=1,
        outcome="failed",
        error={
            "code": "child-crashed",
            "message": "The merge ended with an error.",
            "last_lines": ["MemoryError"],
            "retryable": True,
        },
    )

    fence: int
    outcome: Literal["succeeded", "failed", "cancelled"]
    result: RunResult | None = None
    error: RunError | None = None
    warnings: Warnings = Field(default_factory=list)


class Run(Answer):
    """A run as clients see it. `revision` grows with every change."""

    model_config = example(**RUN)

    id: UUID
    owner: str
    visibility: Literal["public", "private"]
    kind: str
    state: RunState
    hardware: str
    needs: Needs | None
    timeout_seconds: int
    spec: RunSpec
    products: Products
    push: WantedPush | None
    attempt: int
    fence: int
    worker: str | None
    progress: RunProgress | None
    result: dict[str, Any] | None
    error: RunError | None
    warnings: list[str] = Field(
        description="Sentences about what was not done as asked, in this attempt or an earlier one."
    )
    revision: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class SubmittedRun(Run):
    """A run that was queued. `notes` are sentences on what its submitter may not expect."""

    model_config = example(
        **RUN, notes=["No gpu worker is registered: the run waits until one registers."]
    )

    notes: list[str]


class ErrorSummary(Answer):
    """Why an attempt ended: the code and the beginning of the message."""

    code: str = Field(max_length=60)
    message: str = Field(max_length=300)


class RunSummary(Answer):
    """A run as lists show it, without the recipe, the result and the whole error.

    `digest` is that of the model that the run made or evaluated.
    """

    id: UUID
    owner: str
    visibility: Literal["public", "private"]
    kind: str
    state: RunState
    hardware: str
    model_name: str
    digest: str | None
    attempt: int
    worker: str | None
    progress: RunProgress | None
    error: ErrorSummary | None
    revision: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
