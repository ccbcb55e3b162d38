"""`/v1/benchmarks`: what can be measured, with definitions and sources."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from leaderboard.benchmarks import schemas, service
from leaderboard.benchmarks.service import BenchmarkNotFound
from leaderboard.memory.serving import FactsLoading, InMemory
from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import problem_responses

router = Router(prefix="/v1/benchmarks", tags=["benchmarks"])

Name = Annotated[str, Path(max_length=200, description="A name, a title, an alias or a task.")]


@router.get("", summary="List benchmarks", responses=problem_responses(BadCursor, FactsLoading))
async def list_benchmarks(
    session: Session, asked: Paging, facts: InMemory
) -> schemas.BenchmarkPage:
    """The benchmarks that come with the hub or have results, sorted by name."""
    return await service.page(session, facts, asked)


@router.get(
    "/{name}",
    summary="Get a benchmark",
    responses=problem_responses(BenchmarkNotFound, FactsLoading),
)
async def get_benchmark(name: Name, session: Session, facts: InMemory) -> schemas.Benchmark:
    """A benchmark with its versions, metrics and sources."""
    return await service.one(session, facts, name)
