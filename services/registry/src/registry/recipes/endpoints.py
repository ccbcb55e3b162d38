"""`/v1/recipes`: publish, check, list and read recipes."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from mergehub.kit.auth import Principal, requires
from mergehub.kit.database import Session
from mergehub.kit.etags import etag_of
from mergehub.kit.pagination import BadCursor, Cursor, Limit, link_next
from mergehub.kit.preconditions import IfMatch, PreconditionFailed, PreconditionRequired
from mergehub.kit.problems import Forbidden, Unauthenticated, problem_responses
from registry.idempotency import Answered, KeyInProgress, Once
from registry.recipes import service
from registry.recipes.check import RecipeInvalid, check
from registry.recipes.repository import RecipeFilter
from registry.recipes.schemas import (
    CheckedRecipeAnswer,
    Label,
    Recipe,
    RecipeCheck,
    RecipeCreate,
    RecipePage,
    RecipeUpdate,
    RecipeVersion,
    RecipeVersionCreate,
    Slug,
    VersionPage,
)
from registry.recipes.service import NameTaken, RecipeNotFound

YAML = "application/yaml"

Responses = dict[int | str, dict[str, Any]]
SAME_AS_NEWEST: Responses = {
    200: {"model": RecipeVersion, "description": "The newest version is the same"}
}
AS_YAML: Responses = {200: {"content": {YAML: {"schema": {"type": "string"}}}}}

router = APIRouter(prefix="/v1/recipes", tags=["recipes"])

Writer = Annotated[Principal, Depends(requires("recipes:write"))]
Number = Annotated[int, Path(ge=1, lt=2**31, description="A version's number, from 1.")]
Method = Annotated[str | None, Query(max_length=100, description="Of the newest version.")]


@router.post(
    "",
    status_code=201,
    response_model=Recipe,
    responses=problem_responses(
        Unauthenticated, Forbidden, NameTaken, KeyInProgress, RecipeInvalid
    ),
)
async def publish_recipe(
    body: RecipeCreate, session: Session, writer: Writer, once: Once
) -> Response:
    """Publish a recipe and its version 1.

    A recipe that cannot be merged is refused with every fault at once. A fault's `pointer` reads
    `/recipe#/models/1/parameters/weight`: what follows the `#` points into the YAML document.
    """

    async def effect() -> Answered:
        recipe = await service.publish(session, body, await check(body.recipe))
        return Answered(201, recipe, {"Location": f"/v1/recipes/{recipe.id}"})

    return await once(session, writer.name, body, effect)


@router.post("/check", responses=problem_responses(RecipeInvalid))
async def check_recipe(body: RecipeCheck) -> CheckedRecipeAnswer:
    """Check a recipe as publishing would, and store nothing."""
    checked = await check(body.recipe)
    return CheckedRecipeAnswer(
        digest=checked.digest,
        method=checked.method,
        ingredients=[str(each) for each in checked.ingredients],
        warnings=list(checked.warnings),
    )


@router.get("", responses=problem_responses(BadCursor))
async def list_recipes(
    request: Request,
    response: Response,
    session: Session,
    name: Annotated[Slug | None, Query()] = None,
    tag: Annotated[Label | None, Query()] = None,
    method: Method = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> RecipePage:
    """Recipes, the newest first."""
    page = await service.page(session, RecipeFilter(name, tag, method), cursor, limit)
    link_next(request, response, page.next_cursor)
    return page


@router.get("/{recipe_id}", responses=problem_responses(RecipeNotFound))
async def get_recipe(recipe_id: UUID, session: Session, response: Response) -> Recipe:
    """A recipe with its newest version."""
    recipe = await service.find(session, recipe_id)
    response.headers["ETag"] = etag_of(recipe)
    return recipe


@router.patch(
    "/{recipe_id}",
    responses=problem_responses(
        Unauthenticated, Forbidden, RecipeNotFound, PreconditionFailed, PreconditionRequired
    ),
    dependencies=[Depends(requires("recipes:write"))],
)
async def update_recipe(
    recipe_id: UUID, body: RecipeUpdate, session: Session, response: Response, if_match: IfMatch
) -> Recipe:
    """Change the words about a recipe: the fields that are sent. Versions never change."""
    recipe = await service.update(session, recipe_id, body, if_match.check)
    response.headers["ETag"] = etag_of(recipe)
    return recipe


@router.post(
    "/{recipe_id}/versions",
    status_code=201,
    response_model=RecipeVersion,
    responses=SAME_AS_NEWEST
    | problem_responses(Unauthenticated, Forbidden, RecipeNotFound, KeyInProgress, RecipeInvalid),
)
async def publish_recipe_version(
    recipe_id: UUID, body: RecipeVersionCreate, session: Session, writer: Writer, once: Once
) -> Response:
    """Publish the next version; a text of the newest version's digest makes no new one."""

    async def effect() -> Answered:
        checked = await check(body.recipe)
        version, is_new = await service.publish_version(session, recipe_id, checked)
        location = f"/v1/recipes/{recipe_id}/versions/{version.number}"
        return Answered(201 if is_new else 200, version, {"Location": location})

    return await once(session, writer.name, body, effect)


@router.get("/{recipe_id}/versions", responses=problem_responses(RecipeNotFound, BadCursor))
async def list_recipe_versions(
    request: Request,
    response: Response,
    recipe_id: UUID,
    session: Session,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> VersionPage:
    """The versions of a recipe, the newest first."""
    page = await service.versions(session, recipe_id, cursor, limit)
    link_next(request, response, page.next_cursor)
    return page


@router.get(
    "/{recipe_id}/versions/{number}",
    response_model=RecipeVersion,
    responses=problem_responses(RecipeNotFound),
)
async def get_recipe_version(recipe_id: UUID, number: Number, session: Session) -> Response:
    """One version: the text as it was published, its canonical form and its digest."""
    version = await service.version(session, recipe_id, number)
    return Response(version.model_dump_json(), media_type="application/json")


@router.get(
    "/{recipe_id}/versions/{number}/source",
    response_class=Response,
    responses=AS_YAML | problem_responses(RecipeNotFound),
)
async def get_recipe_source(recipe_id: UUID, number: Number, session: Session) -> Response:
    """The recipe itself, as YAML, byte for byte as it was published."""
    version = await service.version(session, recipe_id, number)
    return Response(version.source, media_type=YAML)
