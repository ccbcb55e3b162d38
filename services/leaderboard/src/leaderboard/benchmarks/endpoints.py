"""`/v1/benchmarks`: the benchmarks that results exist for."""

from __future__ import annotations

from fastapi import APIRouter

from leaderboard.benchmarks import repository, schemas
from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.sessions import Session
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import problem_responses

router = APIRouter(prefix="/v1/benchmarks", tags=["benchmarks"])


@router.get("", summary="List benchmarks", responses=problem_responses(BadCursor))
async def list_benchmarks(
    session: Session,
    asked: Paging,
) -> schemas.BenchmarkPage:
    """The benchmarks, sorted by name."""
    after = asked.after(str, str, str, str)
    found = await repository.page(session, after=after, limit=asked.rows)
    rows, next_cursor = asked.cut(found, repository.key)
    items = [schemas.Benchmark.model_validate(row) for row in rows]
    return schemas.BenchmarkPage(items=items, next_cursor=next_cursor)
