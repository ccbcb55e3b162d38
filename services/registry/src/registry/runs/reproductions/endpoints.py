"""Locks and tensors of runs under `/v1/runs`, and reproductions under `/v1/recipes`."""

from __future__ import annotations

from uuid import UUID

from fastapi import Response

from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.identity.auth import Viewing
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import Unauthenticated, problem_responses
from registry.recipes.errors import RecipeNotFound
from registry.runs.errors import LockNotFound, RunNotFound
from registry.runs.reproductions import service
from registry.runs.reproductions.schemas import ReproductionPage, RunLock, RunTensors

runs = Router(prefix="/v1/runs", tags=["runs"])
recipes = Router(prefix="/v1/recipes", tags=["recipes"])

SEEN = problem_responses(RunNotFound, LockNotFound, Unauthenticated)


@runs.get("/{run_id}/lock", summary="Get the lock of a merge run", responses=SEEN)
async def get_run_lock(run_id: UUID, session: Session, viewer: Viewing) -> RunLock:
    """What the merge read: each ingredient's revision, and the SHA-256 of each of its files.

    Recipe, seed, lock and engine determine the model; a run of kind `verify` merges by them again.
    """
    return await service.lock(session, run_id, viewer)


@runs.get(
    "/{run_id}/tensors",
    summary="List the digests of the tensors that a merge run made",
    response_model=RunTensors,
    responses=SEEN,
)
async def list_run_tensors(run_id: UUID, session: Session, viewer: Viewing) -> Response:
    """The type, the shape and the SHA-256 of each tensor of the model."""
    return Response(await service.tensors(session, run_id, viewer), media_type="application/json")


@recipes.get(
    "/{recipe_id}/reproductions",
    summary="List the reproductions of a recipe",
    responses=problem_responses(RecipeNotFound, BadCursor, Unauthenticated),
)
async def list_recipe_reproductions(
    recipe_id: UUID, session: Session, asked: Paging, viewer: Viewing
) -> ReproductionPage:
    """The merges by the recipe that were made again, newest first: by whom, where, whether the
    tensors are the same, and in what the two settings differ."""
    return await service.page(session, recipe_id, viewer, asked)
