"""The responses about results."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from mergehub.contracts.messages import Answer
from mergehub.kit.paging.pages import Page


class Estimate(Answer):
    """A value and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


class Setting(Answer):
    """The conditions that two scores must share to be compared."""

    benchmark: str
    version: str
    metric: str
    shots: int


class Result(Setting):
    """One result. `source` is `verified` if a worker of this hub measured it.

    `full`: the run had all items of the benchmark. Boards and comparisons need that.
    """

    id: int
    model: str
    model_digest: str
    score: Estimate
    stderr: float
    count: int
    full: bool
    harness: str
    run: UUID
    source: Literal["verified"]
    created_at: datetime


class ResultPage(Page[Result]):
    """Newest first."""
