"""The rules of results: the facts kept of an evaluation, and how certain its score is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.benchmarks import repository as benchmarks
from leaderboard.names import known, spelled
from leaderboard.results import repository, schemas
from leaderboard.statistics import intervals
from leaderboard.statistics.intervals import ALPHA, Estimate
from leaderboard.tables import CHANGED
from mergehub.contracts.events import EvaluationCompleted
from mergehub.kit.database.notify import notify
from mergehub.kit.paging.pages import PageRequest

VERIFIED = "verified"


@dataclass(frozen=True, order=True)
class Setting:
    """The conditions that two scores must share to be compared."""

    benchmark: str
    version: str
    metric: str
    shots: int


@dataclass(frozen=True)
class Score:
    """The newest full result of a model in one setting."""

    result: int
    value: float
    stderr: float
    count: int
    binary: bool

    def at(self, alpha: float) -> Estimate:
        """Wilson's interval for a share of items that are right or wrong, else the normal one."""
        if self.binary and 0 <= self.value <= 1 and self.count > 0:
            return intervals.wilson(self.value, self.count, alpha)
        return intervals.normal(self.value, self.stderr, alpha)

    @property
    def estimate(self) -> Estimate:
        return self.at(ALPHA)


Scores = dict[str, dict[Setting, Score]]


async def learn_evaluation(
    session: AsyncSession,
    told: EvaluationCompleted,
    items: Mapping[str, float],
    created_at: datetime,
) -> None:
    """Store the outcome of one benchmark of an evaluate run."""
    benchmark_id = await benchmarks.ensure(
        session, told.benchmark, told.version, told.metric, told.count
    )
    copied = {"model_digest", "value", "stderr", "count", "shots", "harness", "run"}
    values = told.model_dump(include=copied) | {
        "model": await spelled(session, told.model),
        "benchmark_id": benchmark_id,
        "binary": bool(items) and set(items.values()) <= {0.0, 1.0},
        "source": VERIFIED,
        "created_at": created_at,
    }
    await repository.add(session, values, items)
    await notify(session, CHANGED)


def _score(row: Row[Any]) -> Score:
    items: int = row._mapping["count"]  # the name is a method of each row
    return Score(row.id, row.value, row.stderr, items, row.binary)


async def newest(session: AsyncSession, models: Collection[str] | None = None) -> Scores:
    """The scores that may be compared: each model's newest full result in each setting."""
    scores: Scores = {}
    for row in await repository.newest_full(session, models):
        setting = Setting(row.benchmark, row.version, row.metric, row.shots)
        scores.setdefault(row.model, {})[setting] = _score(row)
    return scores


async def page(
    session: AsyncSession,
    *,
    model: str | None,
    benchmark: str | None,
    asked: PageRequest,
) -> schemas.ResultPage:
    """Return a page of results. Raises BadCursor."""
    before = asked.after(int)
    model = model and await known(session, model)
    found = await repository.page(
        session, model=model, benchmark=benchmark, before=before, limit=asked.rows
    )
    rows, next_cursor = asked.cut(found, lambda row: (row.id,))
    return schemas.ResultPage(items=[_told(row) for row in rows], next_cursor=next_cursor)


def _told(row: Row[Any]) -> schemas.Result:
    score = schemas.Estimate.model_validate(_score(row).estimate)
    return schemas.Result.model_validate(row._asdict() | {"score": score})
