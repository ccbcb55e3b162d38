"""`/v1/recipes`: publish, check, list and read recipes."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Request, Response
from fastapi.responses import RedirectResponse

from mergehub.kit.entity_tags import etag_of
from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.preconditions import IfMatch, PreconditionFailed, PreconditionRequired
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import ReadingSession, Session, writable
from mergehub.kit.identity.auth import Viewing
from mergehub.kit.middleware.etags import as_it_is
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import Unauthenticated, problem_responses
from registry.accounts.access import NotYours
from registry.idempotency.errors import KeyInProgress
from registry.idempotency.once import Answered, Once
from registry.recipes import changing, service
from registry.recipes.beside_lineage.advised import check_beside_lineage
from registry.recipes.check import RecipeInvalid
from registry.recipes.errors import NameTaken, RecipeArchived, RecipeNotFound, TooManyNames
from registry.recipes.parameters import (
    PUBLISHING,
    SEEN,
    AskedLineage,
    Followers,
    Number,
    Responses,
    Writer,
    lineage_of,
)
from registry.recipes.published import published, published_version, warnings
from registry.recipes.schemas import (
    COUNTERS,
    AnyCase,
    CheckedRecipeAnswer,
    PublishedRecipe,
    PublishedVersion,
    Recipe,
    RecipeCheck,
    RecipeCreate,
    RecipeUpdate,
    RecipeVersion,
    RecipeVersionCreate,
    Twin,
    VersionPage,
)
from registry.recipes.twins import service as twins

YAML = "application/yaml"

SAME_AS_NEWEST: Responses = {
    200: {"model": PublishedVersion, "description": "The newest version has the same digest"}
}
AS_YAML: Responses = {200: {"content": {YAML: {"schema": {"type": "string"}}}}}
RENAMED: Responses = {
    308: {
        "description": "The recipe has another name now",
        "headers": {"Location": {"schema": {"type": "string"}}},
    }
}

router = Router(prefix="/v1/recipes", tags=["recipes"])

OfAccount = Annotated[AnyCase, Path(description="The handle of the recipe's owner.")]
Named = Annotated[AnyCase, Path(description="The recipe's name, or one that it had before.")]


@router.post(
    "",
    summary="Publish a recipe",
    status_code=201,
    response_model=PublishedRecipe,
    responses=problem_responses(*PUBLISHING),
)
async def publish_recipe(
    body: RecipeCreate, request: Request, writer: Writer, once: Once
) -> Response:
    """Publish a recipe with its version 1.

    A recipe with faults is refused, and `errors` lists all of them. A fault's `pointer` reads
    `/recipe#/models/1/parameters/weight`: the part after the `#` points into the YAML document.
    """
    database, lineage = writable(request), lineage_of(request)  # each dependency would cost 30 µs
    advised = await check_beside_lineage(body.recipe, lineage, body.licence)

    def answered(recipe: Recipe, same: list[Twin]) -> Answered:
        answer = published(recipe, same, advised)
        return Answered(201, answer, {"Location": f"/v1/recipes/{recipe.id}"})

    async def effect() -> Answered:
        return answered(*await service.publish(session, writer, body, advised.recipe))

    if not once.has_key:
        stored = await service.publish_alone(database, writer, body, advised.recipe)
        if stored is not None:
            return answered(*stored).response
    async with database.transaction() as session:
        return await once(session, writer, body, effect)


@router.post(
    "/check",
    summary="Check a recipe without publishing it",
    responses=problem_responses(RecipeInvalid, Unauthenticated),
)
async def check_recipe(
    body: RecipeCheck, lineage: AskedLineage, session: ReadingSession, viewer: Viewing
) -> CheckedRecipeAnswer:
    """Check a recipe as if to publish it, but store nothing.

    `twins` are the recipes that are the same already, as far as lists show them to you.

    Lineage is asked whether the models came from one base, and from the `base_model`; which of
    them inherit a flag; and whether a merge can keep all licences, and has one that keeps them.
    """
    # before a connection is held
    advised = await check_beside_lineage(body.recipe, lineage, body.licence)
    return CheckedRecipeAnswer(
        digest=advised.recipe.digest,
        method=advised.recipe.method,
        ingredients=[str(each) for each in advised.recipe.ingredients],
        twins=await twins.first(session, advised.recipe.digest, viewer),
        **warnings(advised),
    )


@router.get(
    "/named/{owner}/{name}",
    summary="Get a recipe by its name",
    response_model=Recipe,
    responses=SEEN | RENAMED,
)
async def get_recipe_by_name(
    owner: OfAccount, name: Named, request: Request, session: Session, viewer: Viewing
) -> Response:
    """A recipe with its newest version. A name that it had before leads to the present one."""
    recipe = await service.find_named(session, owner, name, viewer)
    if recipe.name != name:
        now = request.url_for("get_recipe_by_name", owner=recipe.owner, name=recipe.name)
        return RedirectResponse(now.path, status_code=308)
    return as_it_is(recipe, COUNTERS)


@router.get("/{recipe_id}", summary="Get a recipe", response_model=Recipe, responses=SEEN)
async def get_recipe(recipe_id: UUID, session: Session, viewer: Viewing) -> Response:
    """A recipe with its newest version."""
    return as_it_is(await service.find(session, recipe_id, viewer), COUNTERS)


@router.patch(
    "/{recipe_id}",
    summary="Change what is said of a recipe, or who sees it",
    responses=problem_responses(
        Unauthenticated,
        NotYours,
        RecipeNotFound,
        NameTaken,
        TooManyNames,
        PreconditionFailed,
        PreconditionRequired,
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
    """Change what is said of a recipe, who sees it, or whether it is archived.

    Its versions never change. The former name leads to the new one. The runs of the same owner are
    public if the recipe is, and private if it is private or unlisted. When it becomes public, the
    registry sends the events that it held back.
    """
    recipe = await changing.update(session, writer, recipe_id, body, if_match.check, followers)
    response.headers["ETag"] = etag_of(recipe, COUNTERS)
    return recipe


@router.post(
    "/{recipe_id}/versions",
    summary="Publish the next version of a recipe",
    status_code=201,
    response_model=PublishedVersion,
    responses=SAME_AS_NEWEST
    | problem_responses(
        Unauthenticated, NotYours, RecipeNotFound, RecipeArchived, KeyInProgress, RecipeInvalid
    ),
)
async def publish_recipe_version(
    recipe_id: UUID,
    body: RecipeVersionCreate,
    session: Session,
    writer: Writer,
    once: Once,
    lineage: AskedLineage,
    request: Request,
) -> Response:
    """Publish the next version, unless the newest version has the same digest."""
    async with request.app.state.database.reading() as before:
        licence = await service.licence_of(before, recipe_id, writer.who)
    advised = await check_beside_lineage(body.recipe, lineage, licence)

    async def effect() -> Answered:
        version, is_new = await service.publish_version(session, writer, recipe_id, advised.recipe)
        location = f"/v1/recipes/{recipe_id}/versions/{version.number}"
        answer = await published_version(session, writer.who, version, advised)
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
