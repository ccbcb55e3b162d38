"""`/v1/recipes/import`: publish recipes in bulk."""

from __future__ import annotations

from fastapi import Request, Response

from mergehub.kit.database.storage import check_room
from mergehub.kit.http.routes import Router
from mergehub.kit.problems.exhausted import StorageFull
from mergehub.kit.problems.problem import Unauthenticated, problem_responses
from registry.accounts.access import NotYours
from registry.accounts.errors import NoAccount, OwnerInvalid
from registry.recipes.imports import service
from registry.recipes.imports.schemas import RecipeImportCreate, RecipeImportReport
from registry.recipes.parameters import Writer

IMPORT_BYTES = 8 << 20

router = Router(prefix="/v1/recipes", tags=["recipes"])


@router.post(
    "/import",
    summary="Publish recipes in bulk",
    response_model=RecipeImportReport,
    responses=problem_responses(Unauthenticated, NotYours, NoAccount, OwnerInvalid, StorageFull),
)
async def import_recipes(body: RecipeImportCreate, request: Request, writer: Writer) -> Response:
    """Publish up to 1,000 recipes, or new versions of them, and report each that was refused.

    A recipe of a name that the owner has gets a new version, unless one of its versions has the
    same digest. So send an import again if its answer was lost. Lineage is not asked about the
    models; `POST /v1/recipes/check` does that.
    """
    resources, checker = request.app.state.resources, request.app.state.checker
    check_room(resources.settings.data)
    report = await service.bring_in(resources.database, checker, writer, body)
    return Response(report.model_dump_json(), media_type="application/json")
