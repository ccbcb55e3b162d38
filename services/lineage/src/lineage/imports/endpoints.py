"""`/v1/graph/imports`: bring in edges and facts about models."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from lineage.imports import service
from lineage.imports.schemas import ImportCreate, ImportReport
from mergehub.kit.database.storage import check_room
from mergehub.kit.http.routes import Router
from mergehub.kit.identity.auth import requires
from mergehub.kit.identity.tokens import Principal
from mergehub.kit.problems.exhausted import StorageFull
from mergehub.kit.problems.problem import Forbidden, Unauthenticated, problem_responses

IMPORT_BYTES = 8 << 20

router = Router(prefix="/v1/graph", tags=["graph"])

Writer = Annotated[Principal, Depends(requires("lineage:write"))]


@router.post(
    "/imports",
    summary="Add edges and models in bulk",
    responses=problem_responses(Unauthenticated, Forbidden, StorageFull),
)
async def import_graph(body: ImportCreate, request: Request, writer: Writer) -> ImportReport:
    """Take in up to 10,000 rows about edges and models; the report names each that was skipped.

    The same rows again change nothing. So send an import again if its answer was lost; some of its
    rows may have been taken in.
    """
    resources = request.app.state.resources
    check_room(resources.settings.data)
    return await service.bring_in(resources.database, body)
