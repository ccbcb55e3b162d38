"""The messages between worker and child process: one job in, JSON lines out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from merge_worker.pushing.pushed import Means
from mergehub.artifacts import ArtifactStore, S3Place, open_store
from mergehub.artifacts.folder_store import PARTIAL
from mergehub.contracts.hardware import Capacity, Hardware, Needs
from mergehub.contracts.kinds import RunResult, RunSpec
from mergehub.contracts.runs import RunError, RunProgress

SERVICE = "mergehub-worker"
"""The name of worker and child in traces."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Job(_Frozen):
    """One attempt at a run. `products` are the runs whose models it may open, by product name.

    `artifacts` is the folder in which models are made and read: the store of models itself, or the
    cache of a store at `place`.

    `harness_tasks` are the harness's own tasks that the operator allows.
    `parent` is the worker's process id; no child outlives that process. `gpu_limit` is how many
    bytes of its GPU's memory a run may use, if the operator limits it.
    `traceparent` is the worker's span of the attempt, if there are traces. `signing_key` signs the
    statement of the model's provenance. `push` says where runs may push, and with
    what.
    """

    run_id: UUID
    fence: int = 0
    spec: RunSpec
    products: dict[str, UUID]
    hardware: Hardware
    capacity: Capacity
    model_roots: tuple[Path, ...]
    task_roots: tuple[Path, ...]
    harness_tasks: tuple[str, ...] = ()
    artifacts: Path
    place: S3Place | None = None
    cache_bytes: int = 0
    scratch: Path
    parent: int
    gpu_limit: int | None = None
    traceparent: str | None = None
    signing_key: str | None = Field(default=None, repr=False)
    push: Means = Means()

    def open_store(self) -> ArtifactStore:
        """The store of models. Raises StoreFault."""
        return open_store(self.artifacts, self.place, self.cache_bytes)

    @property
    def model_folder(self) -> Path:
        """The folder of the finished model of a merge run."""
        return produced_folder(self.artifacts, self.run_id)

    @property
    def partial_folder(self) -> Path:
        """The folder of an unfinished merge; renaming it makes the model visible."""
        return partial_folder(self.artifacts, self.run_id)

    @property
    def scratch_folder(self) -> Path:
        """The folder in which an unfinished attempt keeps what the next one needs."""
        return scratch_folder(self.scratch, self.run_id)


class Usage(_Frozen):
    """What a child has used so far, in bytes: read, written, and the most memory at any time."""

    read: int = 0
    written: int = 0
    memory: int = 0
    gpu_memory: int = 0


class Progress(_Frozen):
    """The progress of the child's work, and what it has used."""

    kind: Literal["progress"] = "progress"
    progress: RunProgress
    usage: Usage = Usage()


class Planned(_Frozen):
    """The resources that the work will need, sent before it starts."""

    kind: Literal["planned"] = "planned"
    needs: Needs


class Warned(_Frozen):
    """Something was not done as asked."""

    kind: Literal["warned"] = "warned"
    said: str


class Succeeded(_Frozen):
    """The child's last message after success."""

    kind: Literal["succeeded"] = "succeeded"
    result: RunResult


class Failed(_Frozen):
    """The child's last message if it knows what went wrong."""

    kind: Literal["failed"] = "failed"
    error: RunError


class Stopped(_Frozen):
    """The child's last message after a request to stop; its state is on disk."""

    kind: Literal["stopped"] = "stopped"


Message = Annotated[
    Progress | Planned | Warned | Succeeded | Failed | Stopped, Field(discriminator="kind")
]
MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)


def produced_folder(artifacts: Path, run_id: UUID | str) -> Path:
    """The folder of the model that a run produced."""
    return artifacts / "runs" / str(run_id)


def partial_folder(artifacts: Path, run_id: UUID) -> Path:
    """The folder of a model that a run is still producing."""
    return artifacts / "runs" / f"{run_id}{PARTIAL}"


def scratch_folder(scratch: Path, run_id: UUID) -> Path:
    """The folder of an unfinished attempt."""
    return scratch / "runs" / str(run_id)
