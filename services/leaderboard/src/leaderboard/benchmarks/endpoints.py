"""`/v1/benchmarks`: what was measured."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from leaderboard.benchmarks import repository, schemas
from mergehub.kit.database.database import Session
from mergehub.kit.http.pagination import (
    BadCursor,
    Cursor,
    Limit,
    decode_cursor,
    encode_cursor,
    link_next,
)
from mergehub.kit.problems.problem import problem_responses

router = APIRouter(prefix="/v1/benchmarks", tags=["benchmarks"])


@router.get("", summary="List benchmarks", responses=problem_responses(BadCursor))
async def list_benchmarks(
    request: Request,
    response: Response,
    session: Session,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> schemas.BenchmarkPage:
    """Benchmarks by name."""
    after = decode_cursor(cursor, str, str, str) if cursor else None
    rows = await repository.page(session, after=after, limit=limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    page = schemas.BenchmarkPage(
        items=[schemas.Benchmark.model_validate(row) for row in rows[:limit]],
        next_cursor=encode_cursor(last.name, last.version, last.metric) if last else None,
    )
    link_next(request, response, page.next_cursor)
    return page
