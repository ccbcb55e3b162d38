"""`/v1/results/imports` and `/v1/results/files`: bring in results."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from leaderboard.imports import service
from mergehub.contracts.results import ResultImport, ResultImportReport
from mergehub.kit.background.resources import Resources
from mergehub.kit.database.storage import check_room
from mergehub.kit.identity.auth import requires
from mergehub.kit.identity.tokens import Principal
from mergehub.kit.problems.exhausted import StorageFull
from mergehub.kit.problems.problem import Forbidden, Unauthenticated, problem_responses

IMPORT_BYTES = 16 << 20

router = APIRouter(prefix="/v1/results", tags=["results"])

Writer = Annotated[Principal, Depends(requires("results:write"))]


@router.post(
    "/imports",
    summary="Add results in bulk",
    responses=problem_responses(Unauthenticated, Forbidden, StorageFull),
)
async def import_results(
    body: ResultImport, request: Request, writer: Writer
) -> ResultImportReport:
    """Take in up to 10,000 scores, all or none; the report names each that was skipped or is odd.

    The same rows again change nothing, so send an import again if its answer was lost. A dry run
    says what would become of the rows.
    """
    resources: Resources = request.app.state.resources
    check_room(resources.settings.data)
    return await service.bring_in(resources.database, body, writer.account or writer.name)
