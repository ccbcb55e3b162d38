"""`/v1/recipes`: publish, check, list and read recipes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response

from mergehub.kit.entity_tags import etag_of
from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.preconditions import IfMatch, PreconditionFailed, PreconditionRequired
from mergehub.kit.http.sessions import Session
from mergehub.kit.identity.auth import Viewing
from mergehub.kit.middleware.etags import as_it_is
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import Unauthenticated, problem_responses
from registry.accounts.access import NotYours
from registry.accounts.errors import NoAccount, OwnerInvalid, QuotaExceeded
from registry.acting import acting
from registry.actor import Actor
from registry.idempotency.errors import KeyInProgress
from registry.idempotency.once import Answered, Once
from registry.recipes import service
from registry.recipes.advised import Advised, check_beside_lineage
from registry.recipes.check import RecipeInvalid
from registry.recipes.lineage import Lineage
from registry.recipes.schemas import (
    COUNTERS,
    CheckedRecipeAnswer,
    PublishedRecipe,
    PublishedVersion,
    Recipe,
    RecipeCheck,
    RecipeCreate,
    RecipeUpdate,
    RecipeVersion,
    RecipeVersionCreate,
    VersionPage,
    Warnings,
)
from registry.recipes.service import NameTaken, RecipeNotFound
from registry.recipes.visibility import Follower

YAML = "application/yaml"

Responses = dict[int | str, dict[str, Any]]
SAME_AS_NEWEST: Responses = {
    200: {"model": PublishedVersion, "description": "The newest version has the same digest"}
}
SEEN = problem_responses(RecipeNotFound, Unauthenticated)
AS_YAML: Responses = {200: {"content": {YAML: {"schema": {"type": "string"}}}}}

router = APIRouter(prefix="/v1/recipes", tags=["recipes"])

Writer = Annotated[Actor, Depends(acting("recipes:write"))]


def _followers(request: Request) -> Sequence[Follower]:
    followers: Sequence[Follower] = request.app.state.recipe_followers
    return followers


async def _lineage(request: Request) -> Lineage:
    lineage: Lineage = request.app.state.lineage
    return lineage


def _warnings(advised: Advised) -> dict[str, Any]:
    """The fields of `Warnings`."""
    return {name: getattr(advised, name) for name in Warnings.model_fields}


AskedLineage = Annotated[Lineage, Depends(_lineage)]
Followers = Annotated[Sequence[Follower], Depends(_followers)]
Number = Annotated[int, Path(ge=1, lt=2**31, description="A version's number, from 1.")]


@router.post(
    "",
    summary="Publish a recipe",
    status_code=201,
    response_model=PublishedRecipe,
    responses=problem_responses(
        Unauthenticated,
        NotYours,
        NoAccount,
        QuotaExceeded,
        NameTaken,
        KeyInProgress,
        RecipeInvalid,
        OwnerInvalid,
    ),
)
async def publish_recipe(
    body: RecipeCreate, session: Session, writer: Writer, once: Once, lineage: AskedLineage
) -> Response:
    """Publish a recipe with its version 1.

    A recipe with faults is refused, and `errors` lists all of them. A fault's `pointer` reads
    `/recipe#/models/1/parameters/weight`: the part after the `#` points into the YAML document.
    """
    advised = await check_beside_lineage(body.recipe, lineage)  # before a connection is held

    async def effect() -> Answered:
        recipe = await service.publish(session, writer, body, advised.recipe)
        answer = PublishedRecipe(**dict(recipe), **_warnings(advised))
        return Answered(201, answer, {"Location": f"/v1/recipes/{recipe.id}"})

    return await once(session, writer, body, effect)


@router.post(
    "/check",
    summary="Check a recipe without publishing it",
    responses=problem_responses(RecipeInvalid),
)
async def check_recipe(body: RecipeCheck, lineage: AskedLineage) -> CheckedRecipeAnswer:
    """Check a recipe as if to publish it, but store nothing.

    Lineage is asked whether the models came from one base, and from the `base_model`; which of
    them inherit a flag; and whether a merge can keep all licences.
    """
    advised = await check_beside_lineage(body.recipe, lineage)
    return CheckedRecipeAnswer(
        digest=advised.recipe.digest,
        method=advised.recipe.method,
        ingredients=[str(each) for each in advised.recipe.ingredients],
        **_warnings(advised),
    )


@router.get("/{recipe_id}", summary="Get a recipe", response_model=Recipe, responses=SEEN)
async def get_recipe(recipe_id: UUID, session: Session, viewer: Viewing) -> Response:
    """A recipe with its newest version."""
    return as_it_is(await service.find(session, recipe_id, viewer), COUNTERS)


@router.patch(
    "/{recipe_id}",
    summary="Change a recipe's description or visibility",
    responses=problem_responses(
        Unauthenticated, NotYours, RecipeNotFound, PreconditionFailed, PreconditionRequired
    ),
)
async def update_recipe(
    recipe_id: UUID,
    body: RecipeUpdate,
    session: Session,
    writer: Writer,
    response: Response,
    if_match: IfMatch,
    followers: Followers,
) -> Recipe:
    """Change a recipe's title, description, tags or visibility. Its versions never change.

    The runs of the same owner follow its visibility. When it becomes public, the registry sends
    the events that it held back.
    """
    recipe = await service.update(session, writer, recipe_id, body, if_match.check, followers)
    response.headers["ETag"] = etag_of(recipe, COUNTERS)
    return recipe


@router.post(
    "/{recipe_id}/versions",
    summary="Publish the next version of a recipe",
    status_code=201,
    response_model=PublishedVersion,
    responses=SAME_AS_NEWEST
    | problem_responses(Unauthenticated, NotYours, RecipeNotFound, KeyInProgress, RecipeInvalid),
)
async def publish_recipe_version(
    recipe_id: UUID,
    body: RecipeVersionCreate,
    session: Session,
    writer: Writer,
    once: Once,
    lineage: AskedLineage,
) -> Response:
    """Publish the next version, unless the newest version has the same digest."""
    advised = await check_beside_lineage(body.recipe, lineage)  # before a connection is held

    async def effect() -> Answered:
        version, is_new = await service.publish_version(session, writer, recipe_id, advised.recipe)
        location = f"/v1/recipes/{recipe_id}/versions/{version.number}"
        answer = PublishedVersion(**dict(version), **_warnings(advised))
        return Answered(201 if is_new else 200, answer, {"Location": location})

    return await once(session, writer, body, effect)


@router.get(
    "/{recipe_id}/versions",
    summary="List the versions of a recipe",
    responses=SEEN | problem_responses(BadCursor),
)
async def list_recipe_versions(
    recipe_id: UUID,
    session: Session,
    asked: Paging,
    viewer: Viewing,
) -> VersionPage:
    """The versions of a recipe, newest first."""
    return await service.versions(session, recipe_id, viewer, asked)


@router.get(
    "/{recipe_id}/versions/{number}",
    summary="Get a version of a recipe",
    response_model=RecipeVersion,
    responses=SEEN,
)
async def get_recipe_version(
    recipe_id: UUID, number: Number, session: Session, viewer: Viewing
) -> Response:
    """One version: its text as published, its canonical form and its digest."""
    version = await service.version(session, recipe_id, number, viewer)
    return Response(version.model_dump_json(), media_type="application/json")


@router.get(
    "/{recipe_id}/versions/{number}/source",
    summary="Download a version as YAML",
    response_class=Response,
    responses=AS_YAML | SEEN,
)
async def get_recipe_source(
    recipe_id: UUID, number: Number, session: Session, viewer: Viewing
) -> Response:
    """The text of a version as YAML, byte for byte as published."""
    version = await service.version(session, recipe_id, number, viewer)
    return Response(version.source, media_type=YAML)
