"""The rules of results: which are current, and how certain a score is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.facts import item_scores
from leaderboard.facts.models import Source
from leaderboard.imports.measured import kebab
from leaderboard.names import known
from leaderboard.results import repository, schemas
from leaderboard.results.repository import Wanted
from leaderboard.statistics import intervals
from leaderboard.statistics.intervals import ALPHA
from mergehub.benchmarks.catalogue import find
from mergehub.kit.paging.pages import PageRequest
from mergehub.kit.problems.problem import NotFound


class ResultNotFound(NotFound):
    """No result has this id."""

    code, title = "result-not-found", "Result not found"
    remedy = "List results with `GET /v1/results`."


async def page(session: AsyncSession, wanted: Wanted, asked: PageRequest) -> schemas.ResultPage:
    """Return a page of results. Raises BadCursor."""
    after = asked.after(int)
    wanted = await as_stored(session, wanted)
    rows = await repository.page(session, wanted, after[0] if after else None, asked.rows)
    shown, next_cursor = asked.cut(rows, lambda row: (row.id,))
    return schemas.ResultPage(items=[told(row) for row in shown], next_cursor=next_cursor)


async def one(session: AsyncSession, result: int) -> schemas.ResultDetail:
    """Return a result with its evidence. Raises ResultNotFound."""
    row = await repository.one(session, result)
    if row is None:
        raise ResultNotFound(f"There is no result {result}.")
    return schemas.ResultDetail(
        **told(row).model_dump(),
        items=await item_scores.count(session, result),
        claims=row.claims,
        also_from=list(await repository.other_origins(session, result)),
        run_url=None if row.run is None else f"/v1/runs/{row.run}",
    )


async def items(session: AsyncSession, result: int, asked: PageRequest) -> schemas.ItemPage:
    """Return a page of item scores, by their hashes. Raises ResultNotFound and BadCursor."""
    after = asked.after(str)
    if await repository.one(session, result) is None:
        raise ResultNotFound(f"There is no result {result}.")
    scores = (await item_scores.read(session, [result])).get(result, {})
    names = sorted(scores)
    begin = bisect_right(names, after[0]) if after else 0
    shown, next_cursor = asked.cut(names[begin : begin + asked.rows], lambda name: (name,))
    found = [schemas.ItemScore(doc_hash=name, score=scores[name]) for name in shown]
    return schemas.ItemPage(items=found, next_cursor=next_cursor)


async def as_stored(session: AsyncSession, wanted: Wanted) -> Wanted:
    """What is wanted, with the names by which it is stored."""
    model = wanted.model and await known(session, wanted.model)
    return wanted._replace(model=model, benchmarks=tuple(names_of(*wanted.benchmarks)))


def names_of(*benchmarks: str) -> Iterator[str]:
    """The names by which benchmarks may be stored: that of the definition, or else as they are."""
    for each in benchmarks:
        found = find(each)
        yield from [found.benchmark.name] if found else [each, kebab(each)]


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
