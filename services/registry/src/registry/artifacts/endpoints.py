"""`/v1/artifacts`: the models of runs."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.identity.auth import Viewing
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import Forbidden, Unauthenticated, problem_responses
from registry.accounts.access import NotYours
from registry.acting import acting
from registry.actor import Actor
from registry.artifacts import service
from registry.artifacts.errors import ArtifactGone, ArtifactNeeded, ArtifactNotFound
from registry.artifacts.repository import ArtifactFilter
from registry.artifacts.schemas import Artifact, ArtifactFiles, ArtifactPage
from registry.recipes.schemas import AnyCase

router = Router(prefix="/v1/artifacts", tags=["artifacts"])

Submitter = Annotated[Actor, Depends(acting("runs:submit"))]
Run = Annotated[UUID | None, Query(description="The run that made it.")]
Owner = Annotated[AnyCase | None, Query(description="The handle of its run's owner.")]
ModelName = Annotated[
    str | None,
    Query(min_length=1, max_length=500, description="The name of the model, in any case."),
]
Recipe = Annotated[UUID | None, Query(description="A recipe that its run followed from.")]
Gone = Annotated[bool, Query(description="Whether to list deleted models, too.")]
CHANGED = problem_responses(Unauthenticated, Forbidden, NotYours, ArtifactNotFound, ArtifactGone)


@router.get(
    "", summary="List the models of runs", responses=problem_responses(BadCursor, Unauthenticated)
)
async def list_artifacts(
    session: Session,
    asked: Paging,
    viewer: Viewing,
    run: Run = None,
    owner: Owner = None,
    model: ModelName = None,
    recipe: Recipe = None,
    gone: Gone = False,
) -> ArtifactPage:
    """The models that runs made, newest first. A model is as private as its run."""
    wanted = ArtifactFilter(run, owner, model, recipe, gone)
    return await service.page(session, wanted, viewer, asked)


@router.get(
    "/{run_id}",
    summary="Get the model of a run, with its files",
    responses=problem_responses(ArtifactNotFound, ArtifactGone, Unauthenticated),
)
async def get_artifact(run_id: UUID, session: Session, viewer: Viewing) -> ArtifactFiles:
    """A model, and the name, size and SHA-256 of each of its files."""
    return await service.find(session, run_id, viewer)


@router.put("/{run_id}/pin", summary="Pin a model", responses=CHANGED)
async def pin_artifact(run_id: UUID, session: Session, actor: Submitter) -> Artifact:
    """Keep a model, whatever the rules of retention say."""
    return await service.pin(session, actor, run_id, pinned=True)


@router.delete("/{run_id}/pin", summary="Unpin a model", responses=CHANGED)
async def unpin_artifact(run_id: UUID, session: Session, actor: Submitter) -> Artifact:
    """Let the rules of retention decide about a model again."""
    return await service.pin(session, actor, run_id, pinned=False)


@router.delete(
    "/{run_id}",
    summary="Delete the model of a run",
    status_code=202,
    responses=CHANGED | problem_responses(ArtifactNeeded, NotYours),
)
async def delete_artifact(run_id: UUID, session: Session, actor: Submitter) -> Artifact:
    """Mark a model to be deleted. Its files go later; a run that is submitted by then keeps it.

    Refused while it is pinned, or while a run or the lock of another model needs it.
    """
    return await service.delete(session, actor, run_id)
