"""What an origin states: one score of one model, as it came, with names instead of ids."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from leaderboard.facts.models import Source


class Measure(NamedTuple):
    """What is measured; a subtask of '' is the whole benchmark."""

    name: str
    version: str
    subtask: str
    metric: str


class Conditions(NamedTuple):
    """How it is measured; null if not stated."""

    shots: int | None
    chat_template: bool | None = None
    task_hash: str | None = None


class Origin(NamedTuple):
    """Where a statement comes from; the hub's own workers have no account."""

    source: Source
    origin: str
    account: str | None = None
    harness: str = ""
    harness_version: str = ""


class Score(NamedTuple):
    """The score itself. `limited`: it is known to be of a part of the benchmark."""

    value: float
    stderr: float | None
    counted: int | None
    limited: bool
    binary: bool
    seed: int | None
    evaluated_at: datetime | None


class Statement(NamedTuple):
    """One statement. `run` is the run that measured a verified score.

    `told` is the measure as the run reported it. `items` has the score of each item by its hash,
    `doubt` what is odd, and `claims` what the origin says of the model itself.
    """

    model: str
    revision: str
    precision: str
    measure: Measure
    conditions: Conditions
    origin: Origin
    score: Score
    run: UUID | None = None
    told: tuple[str, str, str] = ("", "", "")
    created_at: datetime | None = None
    items: Mapping[str, float] | None = None
    doubt: str | None = None
    claims: Mapping[str, Any] | None = None


def digest(*parts: object) -> UUID:
    """Half of the SHA-256 of some texts, which no two facts share by accident."""
    text = "\n".join(map(str, parts))
    return UUID(bytes=hashlib.sha256(text.encode()).digest()[:16])


def run_fact(run: UUID, benchmark: str, version: str, metric: str) -> UUID:
    """The fact that a run measured a benchmark, which it does once. 0006 computes the same."""
    return digest("run", run, benchmark, version, metric)


def stated_fact(variant: int, setting: int, origin: Origin, score: Score) -> UUID:
    """The fact that a score was measured, whoever states it."""
    return digest(
        "stated", variant, setting, int(origin.source), origin.harness, origin.harness_version,
        *score,
    )  # fmt: skip
