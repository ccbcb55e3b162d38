"""The events between services, and their envelope.

`data` is versioned by `type`: a change that would break a reader gets a new type. Tests compare the
models here with the last release (`released/`, `compatibility.py`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from mergehub.contracts.kinds.merge import Parent

STREAM = "mergehub:events"


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


class EventData(BaseModel):
    """A fact; readers ignore fields that they do not know, so fields may be added."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class Envelope(BaseModel):
    """One event. `sequence` counts each source's events from 1 without a gap.

    `traceparent` is the trace that it belongs to (W3C Trace Context), if its source has traces.
    Stored events of older versions lack it; answers always have it.
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", json_schema_serialization_defaults_required=True
    )

    id: UUID
    source: str
    sequence: int
    type: str
    time: datetime
    subject: str
    data: dict[str, Any]
    traceparent: Annotated[str | None, Field(json_schema_extra=_without_default)] = None


class EventPage(BaseModel):
    """A page of `GET /v1/events`: events after a sequence, oldest first."""

    model_config = ConfigDict(frozen=True)

    items: list[Envelope]
    next_after: int
    has_more: bool

    @property
    def revision(self) -> int:
        """The last sequence of the page, for followers of the feed."""
        return self.next_after


class RecipePublished(EventData):
    recipe: UUID
    version: UUID
    number: int
    name: str
    digest: str


class RecipeCommented(EventData):
    """A person commented on a recipe; `parent` is the first comment of the thread, if any is.

    The text is at the recipe's `comments` address, until its author or a moderator removes it.
    """

    recipe: UUID
    name: str
    number: int
    parent: int | None
    author: str


class RunChanged(EventData):
    """`run.queued`, `run.started`, `run.succeeded`, `run.failed`, `run.cancelled`.

    `model_name` is the model that the run makes or reads. `started_at` is when a worker first began
    the run: the event's own time in the first `run.started`, and null if none ever began.
    """

    run: UUID
    kind: str
    hardware: str
    attempt: int
    error_code: str | None = None
    error_message: str | None = None
    model_name: str | None = None
    recipe_version: UUID | None = None
    started_at: datetime | None = None


class ToldParent(Parent):
    """A parent in an event. Unlike a worker's report, a reader must accept unknown fields."""

    model_config = ConfigDict(extra="ignore", from_attributes=True)

    base: ToldParent | None = None


class ModelProduced(EventData):
    """A merge run made a model: its name, its digest, and its parents.

    `parameters` is the number of its weights; null if its worker did not list its tensors.
    """

    run: UUID
    name: str
    digest: str
    method: str
    recipe_version: UUID | None
    recipe_digest: str
    parents: list[ToldParent]
    parameters: int | None = None


class EvaluationCompleted(EventData):
    """A model was evaluated on one benchmark; item scores are at the run's `items` address.

    `limited`: fewer items than the benchmark has were scored. What is null was not reported.
    """

    run: UUID
    model: str
    model_digest: str
    benchmark: str
    version: str
    metric: str
    value: float
    stderr: float
    count: int
    shots: int
    harness: str
    harness_version: str | None = None
    task_hash: str | None = None
    chat_template: bool | None = None
    precision: str | None = None
    seed: int | None = None
    limited: bool = False
    batch_size: int | None = None
    cached: bool = False


class ToldScore(EventData):
    """One benchmark's score in an event about several models."""

    benchmark: str
    version: str
    metric: str
    value: float
    stderr: float
    count: int
    shots: int
    task_hash: str | None = None
    precision: str | None = None
    chat_template: bool | None = None
    seed: int | None = None
    limited: bool = False


class ToldCandidate(EventData):
    """One merge of an ablation: the whole, or the merge `without` a model."""

    without: str | None
    how: str
    model_digest: str
    results: list[ToldScore]


class AblationCompleted(EventData):
    """A merge was scored whole (the first candidate) and without each of its ingredients.

    `model` is its name, if a run has merged it. The item scores of the candidate at place 1 and so
    on are at the run's `items` address, under `<benchmark>~1` and so on.
    """

    run: UUID
    model: str | None
    method: str
    recipe_version: UUID | None
    recipe_digest: str
    harness: str
    candidates: list[ToldCandidate]


class WebhookDisabled(EventData):
    """The hub stopped sending to an endpoint: `gone` (it answered 410) or `failing` (for days)."""

    endpoint: UUID
    reason: str
    failing_since: datetime | None


class WebhookTested(EventData):
    """A user asked for a test of an endpoint. The event goes only there and is in no feed."""

    endpoint: UUID


TYPES: dict[str, type[EventData]] = {
    "recipe.published": RecipePublished,
    "recipe.commented": RecipeCommented,
    "run.queued": RunChanged,
    "run.started": RunChanged,
    "run.succeeded": RunChanged,
    "run.failed": RunChanged,
    "run.cancelled": RunChanged,
    "model.produced": ModelProduced,
    "evaluation.completed": EvaluationCompleted,
    "ablation.completed": AblationCompleted,
    "webhook.disabled": WebhookDisabled,
    "webhook.test": WebhookTested,
}
