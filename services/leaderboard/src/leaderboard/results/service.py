"""The rules of results: which are current, and how certain a score is."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.facts.models import Source
from leaderboard.names import known
from leaderboard.results import repository, schemas
from leaderboard.results.repository import Wanted
from leaderboard.statistics import intervals
from leaderboard.statistics.intervals import ALPHA, Estimate
from mergehub.benchmarks.catalogue import find
from mergehub.kit.paging.pages import PageRequest


@dataclass(frozen=True, order=True)
class Setting:
    """The conditions that two scores must share to be compared."""

    benchmark: str
    version: str
    metric: str
    shots: int | None


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


def _score(row: Row[Any]) -> Score:
    items: int = row._mapping["count"]  # the name is a method of each row
    stderr = math.sqrt(row.value * (1 - row.value) / items) if row.stderr is None else row.stderr
    return Score(row.id, row.value, stderr, items, row.binary)


async def newest(session: AsyncSession, models: Collection[str] | None = None) -> Scores:
    """The scores that may be compared: each model's newest full result in each setting."""
    scores: Scores = {}
    for row in await repository.newest_full(session, models):
        setting = Setting(row.benchmark, row.version, row.metric, row.shots)
        scores.setdefault(row.model, {})[setting] = _score(row)
    return scores


async def page(session: AsyncSession, wanted: Wanted, asked: PageRequest) -> schemas.ResultPage:
    """Return a page of results. Raises BadCursor."""
    after = asked.after(int)
    model = wanted.model and await known(session, wanted.model)
    found = wanted.benchmark and find(wanted.benchmark)
    benchmark = found.benchmark.name if found else wanted.benchmark
    wanted = wanted._replace(model=model, benchmark=benchmark)
    rows = await repository.page(session, wanted, after[0] if after else None, asked.rows)
    shown, next_cursor = asked.cut(rows, lambda row: (row.id,))
    return schemas.ResultPage(items=[told(row) for row in shown], next_cursor=next_cursor)


def told(row: Row[Any]) -> schemas.Result:
    """The answer about a result."""
    fields = row._asdict()
    withdrawn = {**fields, "id": row.withdrawal} if row.withdrawal else None
    return schemas.Result.model_validate(
        fields
        | {
            "score": measured(row.value, row.stderr, fields["count"], binary=row.binary),
            "full": not row.limited,
            "source": Source(row.source).name,
            "withdrawn": withdrawn and schemas.Withdrawn.model_validate(withdrawn),
        }
    )


def measured(
    value: float, stderr: float | None, count: int | None, *, binary: bool
) -> schemas.Measured:
    """A value with its interval, if one can be told."""
    if binary and count and 0 <= value <= 1:
        estimate = intervals.wilson(value, count, ALPHA)
    elif stderr is not None:
        estimate = intervals.normal(value, stderr, ALPHA)
    else:
        return schemas.Measured(value=value, low=None, high=None)
    return schemas.Measured(value=value, low=estimate.low, high=estimate.high)
