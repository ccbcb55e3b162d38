"""The responses about results."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from mergehub.contracts.messages import Answer
from mergehub.contracts.results import Source
from mergehub.kit.paging.pages import Page


class Estimate(Answer):
    """A value and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


class Measured(Answer):
    """A value and the ends of its 95 % interval, which are null if its error is unknown."""

    value: float
    low: float | None
    high: float | None


class Setting(Answer):
    """The conditions that two scores must share to be compared."""

    benchmark: str
    version: str
    metric: str
    shots: int | None


class Withdrawn(Answer):
    """Why a result does not count."""

    id: int
    reason: str
    withdrawn_by: str
    withdrawn_at: datetime


class Result(Setting):
    """One result, on its metric's scale: 0 to 1 for a share of items.

    - `revision`: a digest of the content or a commit; empty if unknown. `precision` likewise.
    - `subtask`: empty for the whole benchmark.
    - `source`: `verified` if a worker of this hub measured it in `run`, `community` if whoever
      imported it did, `imported` if it comes from elsewhere; `origin` says from where.
    - `full`: the run had all items of the benchmark, as far as one knows. Boards need that.
    - `current`: no newer score of the same thing is known, and it is not withdrawn.
    - `doubt`: what was odd about it when it was imported.
    """

    id: int
    model: str
    revision: str
    precision: str
    subtask: str
    chat_template: bool | None
    task_hash: str | None
    score: Measured
    stderr: float | None
    count: int | None
    full: bool
    seed: int | None
    source: Source
    origin: str
    account: str | None
    harness: str
    harness_version: str
    run: UUID | None
    evaluated_at: datetime | None
    created_at: datetime
    current: bool
    withdrawn: Withdrawn | None
    doubt: str | None


class ResultPage(Page[Result]):
    """Newest first."""


class ResultDetail(Result):
    """A result with its evidence.

    - `run_url`: the run that measured it, on this hub.
    - `items`: how many item scores are kept; `GET /v1/results/{id}/items` has them.
    - `also_from`: other origins that state the same.
    - `claims`: what its origin says of the model itself; lineage may know better.
    """

    run_url: str | None
    items: int
    also_from: list[str]
    claims: dict[str, Any] | None


class ItemScore(Answer):
    """The score of one item; the same hash is the same item in another model's result."""

    doc_hash: str
    score: float


class ItemPage(Page[ItemScore]):
    """Sorted by hash."""
