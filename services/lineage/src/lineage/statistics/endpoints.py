"""`/v1/graph/popular` and `/v1/graph/statistics/…`: what is used most, and what is on the rise."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import Query, Request

from lineage.models.service import ModelNotFound
from lineage.replica.serving import GraphLoading
from lineage.statistics import schemas, service
from lineage.statistics.current import DAYS, Rise, statistics_of, today
from lineage.statistics.parameters import AnyTime, Dated, days
from mergehub.contracts.shapes import AnyDay
from mergehub.kit.http.pagination import Limit
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.problems.problem import problem_responses

router = Router(prefix="/v1/graph", tags=["statistics"])

PROBLEMS = problem_responses(ModelNotFound, GraphLoading)
RoleName = Literal["base", "ingredient"]
Role = Annotated[
    RoleName | Literal["any"],
    Query(description="The models' role in merges; not every source says which parent was a base."),
]
AnyRole = Annotated[
    RoleName | None, Query(description="Count uses in this role; without it, in any.")
]
Last = Annotated[AnyDay | None, Query(description="The last day; without it, today.")]
Days = Annotated[
    int, Query(ge=1, le=3660, description="How many days are compared with those before.")
]


@router.get("/popular", summary="List the models that most merges use", responses=PROBLEMS)
async def list_popular_models(
    request: Request, session: Session, counted: Dated, role: Role = "base", limit: Limit = 20
) -> schemas.PopularModels:
    """The models that merges used most, as their base, as an ingredient or as either."""
    roles = None if role == "any" else frozenset({role})
    selection = replace(counted.selection, roles=roles)
    ranked = statistics_of(request).uses.get(selection)
    ranking = await asyncio.to_thread(ranked.largest, counted.graph, limit)
    return await service.popular(session, counted.graph, ranking)


@router.get("/statistics/methods", summary="List merges by method and month", responses=PROBLEMS)
async def list_methods_by_month(request: Request, counted: Dated) -> schemas.MethodsByMonth:
    """How many models each method made in each month, and how many at a time that is not known."""
    months = statistics_of(request).months.get(counted.selection)
    counts = await asyncio.to_thread(months.counts, counted.graph)
    return service.methods_by_month(counted.graph, counts)


@router.get("/statistics/risers", summary="List the models on the rise", responses=PROBLEMS)
async def list_risers(
    request: Request,
    counted: AnyTime,
    role: AnyRole = None,
    until: Last = None,
    days_compared: Annotated[Days, Query(alias="days")] = DAYS,
    limit: Limit = 20,
) -> schemas.Risers:
    """The models whose use grew most: the last days against as many days before.

    Uses whose date is not known count in neither.
    """
    roles = None if role is None else frozenset({role})
    last = days(until)
    rise = Rise(
        replace(counted.selection, roles=roles),
        today() if last is None else last,
        days_compared,
        limit,
    )
    found = await asyncio.to_thread(statistics_of(request).risers, counted.graph, rise)
    return service.rising(counted.graph, found)


@router.get("/statistics/pairs", summary="List ingredients used together", responses=PROBLEMS)
async def list_pairs(request: Request, counted: Dated, limit: Limit = 20) -> schemas.Pairs:
    """The pairs of ingredients that most models were made from together."""
    selection = replace(counted.selection, roles=frozenset({"ingredient"}))
    ranked = statistics_of(request).pairs.get(selection)
    ranking = await asyncio.to_thread(ranked.largest, counted.graph, limit)
    return service.pairs(counted.graph, ranking)
