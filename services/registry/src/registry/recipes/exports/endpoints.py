"""`/v1/recipes/export` and `/v1/recipes/{recipe_id}/versions/{number}/export`."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse

from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.identity.auth import Viewing
from mergehub.kit.problems.problem import Unauthenticated, problem_responses
from registry.recipes.exports import service
from registry.recipes.exports.formats import FORMATS, FormatName
from registry.recipes.exports.repository import Place
from registry.recipes.parameters import SEEN, Number
from registry.recipes.schemas import AnyCase

router = Router(prefix="/v1/recipes", tags=["recipes"])

LINES = FORMATS["jsonl"].media_type
As = Annotated[
    FormatName,
    Query(
        alias="as",
        description="`yaml`: the text as published; `card`: a model card; `cyclonedx`: an ML-BOM "
        "with the merged models as pedigree; `jsonl`: a line that an import reads.",
    ),
]
After = Annotated[
    str | None,
    Query(
        pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}@[0-9]{1,9}$",
        description="Continue after this place: the `at` of the last line that you have.",
    ),
]


def _file(*media_types: str) -> dict[int | str, dict[str, Any]]:
    contents = {each.partition(";")[0]: {"schema": {"type": "string"}} for each in media_types}
    return {200: {"description": "The file.", "content": contents}}


@router.get(
    "/export",
    summary="Download all public recipes as JSON Lines",
    response_class=StreamingResponse,
    responses=_file(LINES) | problem_responses(Unauthenticated),
)
async def export_recipes(
    request: Request,
    viewer: Viewing,
    owner: Annotated[AnyCase | None, Query(description="The handle of the recipes' owner.")] = None,
    after: After = None,
) -> StreamingResponse:
    """Every version of the public recipes that are not archived, a line each.

    The lines are in the order of the recipes' ids. `POST /v1/recipes/import` and `mergehub import`
    take them. If the connection ends early, continue with `after`.
    """
    resources = request.app.state.resources
    lines = service.everything(resources.database, owner, _place(after), resources.settings.address)
    return StreamingResponse(lines, media_type=LINES, headers=_saved_as("recipes.jsonl"))


@router.get(
    "/{recipe_id}/versions/{number}/export",
    summary="Download a version for another program",
    response_class=Response,
    responses=_file(*(each.media_type for each in FORMATS.values())) | SEEN,
)
async def export_recipe_version(
    recipe_id: UUID, number: Number, request: Request, session: Session, viewer: Viewing, form: As
) -> Response:
    """One version as a file."""
    address = request.app.state.resources.settings.address
    name, text = await service.one(session, recipe_id, number, viewer, form, address)
    return Response(text, media_type=FORMATS[form].media_type, headers=_saved_as(name))


def _place(after: str | None) -> Place | None:
    if after is None:
        return None
    recipe, _, number = after.partition("@")
    return UUID(recipe), int(number)


def _saved_as(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
