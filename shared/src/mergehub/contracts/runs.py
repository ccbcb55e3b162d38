"""The run protocol: states, the allowed moves between them, and every message about a run.

The row in the registry is the truth of a run. A worker claims it, keeps its lease by
heartbeats, and reports once; the fence it got with the claim proves that it still owns it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from mergehub.contracts.examples import RECIPE, RUN, RUN_ID, VERSION_ID, example
from mergehub.contracts.hardware import Capacity, Hardware, Needs
from mergehub.contracts.messages import Answer, Message
from mergehub.contracts.strict import Lax

LEASE_SECONDS = 12
HEARTBEAT_SECONDS = 4
MAX_ATTEMPTS = 5
MOST_PARENTS = 1000
LONGEST_NAME = 500
"""Ingredients that a result names at most, and characters of such a name."""
TIMEOUT_SECONDS = {"merge": 6 * 3600, "evaluate": 24 * 3600}
"""How long one attempt may take, by kind, unless a run asks for another time."""
LONGEST_TIMEOUT_SECONDS = 14 * 24 * 3600
LARGEST_SEED = 2**63 - 1


def must_be(what: str) -> WrapValidator:
    """Tell in words what a value must be, where a pattern would tell it to machines alone."""

    def validate(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        try:
            return handler(value)
        except ValidationError:
            raise PydanticCustomError("not_as_it_must_be", what) from None

    return WrapValidator(validate)


RECIPE_NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"
MODEL_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?$"
ModelName = Annotated[
    str,
    StringConstraints(pattern=MODEL_NAME, max_length=200),
    must_be(
        "must be a name such as soup or org/soup: letters, digits, dots, hyphens and underscores, "
        "beginning with a letter or digit, at most 200 characters"
    ),
]
BenchmarkName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100),
    must_be(
        "must be a task's name such as gsm8k: letters, digits, dots, hyphens and underscores, "
        "beginning with a letter or digit, at most 100 characters"
    ),
]
Digest = Annotated[str, StringConstraints(max_length=200)]
Count = Annotated[int, Field(ge=0, lt=2**31)]
Note = Annotated[str, StringConstraints(max_length=500)]


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINAL = frozenset({RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED})

# Whoever changes a run's state asks this table first. A final state is left by a retry alone,
# which somebody asks for; nothing leaves a success.
MOVES: dict[RunState, frozenset[RunState]] = {
    RunState.QUEUED: frozenset({RunState.RUNNING, RunState.CANCELLED}),
    RunState.RUNNING: frozenset({RunState.QUEUED, *FINAL}),
    RunState.SUCCEEDED: frozenset(),
    RunState.FAILED: frozenset({RunState.QUEUED}),
    RunState.CANCELLED: frozenset({RunState.QUEUED}),
}


class _RunCreate(Message):
    """What can be said about every kind of run."""

    hardware: Hardware = "cpu"
    needs: Needs | None = Field(
        None, description="What it takes, where that is known; else the first worker finds out."
    )
    timeout_seconds: int | None = Field(
        None,
        ge=1,
        le=LONGEST_TIMEOUT_SECONDS,
        description="How long one attempt may take; without it, what is usual for its kind.",
    )


class MergeRunCreate(_RunCreate):
    """Merge: exactly one of `recipe` (text) and `recipe_version` (an id) says what."""

    model_config = example(
        kind="merge", recipe=RECIPE, model_name="local/dates-and-units", hardware="cpu", seed=0
    )

    kind: Literal["merge"]
    recipe: str | None = Field(None, description="An inline recipe: mergekit YAML as it is.")
    recipe_version: Lax[UUID] | None = Field(None, description="The id of a published version.")
    model_name: ModelName = Field(
        description="What the model will be called: `soup` or `ann/soup` of `ann`, or `lab/soup` "
        "where one writes for `lab`. Names are compared without case."
    )
    seed: int = Field(
        0, ge=0, lt=LARGEST_SEED + 1, description="Seeds the methods that draw at random."
    )


class EvaluateRunCreate(_RunCreate):
    """Evaluate a model: a path, a hub id, a product's name or `run:<id>`; with `+adapter`."""

    model_config = example(kind="evaluate", model=f"run:{RUN_ID}", benchmarks=["dates", "units"])

    kind: Literal["evaluate"]
    model: str = Field(min_length=1, max_length=500)
    benchmarks: list[BenchmarkName] = Field(min_length=1, max_length=100)


RunCreate = Annotated[MergeRunCreate | EvaluateRunCreate, Field(discriminator="kind")]


class MergeSpec(Message):
    """What a worker needs to merge: the recipe's text travels along, so it asks nobody else."""

    kind: Literal["merge"]
    recipe: str
    recipe_version: Lax[UUID] | None
    recipe_digest: str
    model_name: str
    seed: int


class EvaluateSpec(Message):
    """`model` is what the worker opens, `model_name` what lineage and leaderboard call it."""

    kind: Literal["evaluate"]
    model: str
    model_name: str
    benchmarks: list[str]


Products = Annotated[
    dict[str, UUID],
    Field(
        description="The run behind each product that the spec names, by the name as it stands "
        "there: all models of runs that its worker may open."
    ),
]
RunSpec = Annotated[MergeSpec | EvaluateSpec, Field(discriminator="kind")]


class RunProgress(Message):
    """How far a run is; `total` is 0 while unknown. Bytes are those of the output."""

    stage: str = Field(max_length=100)
    done: int = Field(ge=0)
    total: int = Field(ge=0)
    unit: str = Field(max_length=20)
    bytes_done: int = Field(0, ge=0)
    bytes_total: int = Field(0, ge=0)
    seconds: float = Field(default=0, ge=0, description="Time spent in this attempt so far.")


class RunError(Message):
    """Why an attempt ended: a stable code, a sentence, and the last words of the child."""

    code: str = Field(max_length=60)
    message: str = Field(max_length=10_000)
    last_lines: list[str] = Field(default_factory=list, max_length=50)
    retryable: bool = False

    def with_last_lines(self, lines: list[str]) -> RunError:
        """The error with what a child said last, where NUL may be: no text here holds it."""
        message, *last = (
            each.replace("\0", "\N{REPLACEMENT CHARACTER}") for each in (self.message, *lines)
        )
        return self.model_copy(update={"message": message, "last_lines": last})


def timed_out(seconds: int) -> RunError:
    """The error of an attempt that took longer than it may."""
    return RunError(
        code="timed-out",
        message=f"The attempt took longer than the {seconds} s that it may take. A retry goes on "
        "where it ended; a run submitted with a larger `timeout_seconds` (in the shell: "
        "`--timeout`) may take longer.",
    )


class ClaimRequest(Message):
    """A worker's wish to work. With a nonce, asking again gives the same claim again."""

    model_config = example(
        worker="worker-1", nonce=VERSION_ID, hardware="cpu", capacity={"memory": 16 << 30}
    )

    worker: str = Field(min_length=1, max_length=200)
    nonce: Lax[UUID] | None = Field(
        None, description="New for each wish, the same when sent again."
    )
    hardware: Hardware | None = Field(None, description="The worker's class; null: any run suits.")
    capacity: Capacity = Capacity()


class Claim(Answer):
    """The right to work on a run until the lease ends; `fence` grows with each claim."""

    run_id: UUID
    fence: int
    attempt: int
    lease_seconds: int
    heartbeat_seconds: int
    timeout_seconds: int
    spec: RunSpec
    products: Products


class HeartbeatRequest(Message):
    model_config = example(fence=1, progress=RUN["progress"])

    fence: int
    progress: RunProgress | None = None
    needs: Needs | None = Field(None, description="What the run takes, once its plan is made.")


class HeartbeatAnswer(Answer):
    order: Literal["go_on", "cancel"]


class ReleaseRequest(Message):
    """Hand a run back without spending its attempt: a drain, or (with `needs`) a lack of room."""

    model_config = example(fence=1, reason="The worker is told to stop.")

    fence: int
    reason: str = Field(max_length=500)
    needs: Needs | None = None


class Parent(Message):
    """One ingredient of a merge as lineage learns it."""

    name: str = Field(min_length=1, max_length=LONGEST_NAME)
    digest: Digest | None = None
    relation: Literal["merge", "finetune", "adapter", "quantized"] = "merge"
    role: Literal["base", "ingredient"] = "ingredient"
    weight: float | None = None
    layers: list[Lax[tuple[int, int]]] | None = Field(
        None, description="The layer ranges [start, end) taken from it; none means all of it."
    )
    base: Parent | None = Field(None, description="What an adapter was put upon.")


class MergeResult(Message):
    """The outcome of a merge run."""

    kind: Literal["merge"]
    output_digest: Digest
    lock_digest: Digest
    engine_version: str = Field(max_length=100)
    method: str = Field(max_length=100)
    tensors: int = Field(ge=0)
    bytes: int = Field(ge=0)
    seconds: float
    device: str | None = Field(
        None,
        max_length=200,
        description="What computed it: `cpu`, or a GPU; null where an earlier attempt had.",
    )
    parents: list[Parent] = Field(max_length=MOST_PARENTS)
    notes: list[Note] = Field(
        default_factory=list, max_length=50, description="What users of the model should know."
    )


class BenchmarkResult(Message):
    """One benchmark's score of one model. `items` maps an item's hash to its own score."""

    benchmark: str = Field(max_length=100)
    version: str = Field(
        max_length=200, description="Changes with anything that makes scores incomparable."
    )
    metric: str = Field(max_length=100)
    value: float
    stderr: float
    count: Count
    shots: Count
    items: dict[Annotated[str, StringConstraints(max_length=200)], float] = Field(
        default_factory=dict, description="Only in reports; a run's `items` address has them."
    )


class EvaluateResult(Message):
    """The outcome of an evaluate run."""

    kind: Literal["evaluate"]
    model: str = Field(max_length=500)
    model_digest: Digest
    harness: str = Field(max_length=200)
    seconds: float
    results: list[BenchmarkResult] = Field(max_length=100)


RunResult = Annotated[MergeResult | EvaluateResult, Field(discriminator="kind")]


class ReportRequest(Message):
    """The one outcome of an attempt: `result` with success, `error` with failure."""

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


class Run(Answer):
    """A run as people may see it. `revision` grows with every change of the row."""

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
    attempt: int
    fence: int
    worker: str | None
    progress: RunProgress | None
    result: dict[str, Any] | None
    error: RunError | None
    revision: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class SubmittedRun(Run):
    """A run as it was queued. `notes` say in sentences what its submitter may not expect."""

    model_config = example(
        **RUN, notes=["No gpu worker is registered: the run waits until one comes."]
    )

    notes: list[str]


class ErrorSummary(Answer):
    """Why an attempt ended: its code and how its message begins."""

    code: str = Field(max_length=60)
    message: str = Field(max_length=300)


class RunSummary(Answer):
    """A run as lists show it; the recipe, the result and the whole error are the run's own.

    `digest` is that of the model that it made or measured.
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
