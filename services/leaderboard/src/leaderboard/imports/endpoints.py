"""`/v1/results/imports` and `/v1/results/files`: bring in results."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, Query, Request

from leaderboard.imports import files, service
from leaderboard.imports.files import UnreadableFile
from mergehub.contracts.results import (
    ImportedSource,
    ResultFileReport,
    ResultImport,
    ResultImportReport,
)
from mergehub.kit.background.resources import Resources
from mergehub.kit.database.storage import check_room
from mergehub.kit.http.routes import Router
from mergehub.kit.identity.auth import requires
from mergehub.kit.identity.tokens import Principal
from mergehub.kit.problems.exhausted import StorageFull
from mergehub.kit.problems.problem import (
    BodyTooLarge,
    Forbidden,
    Unauthenticated,
    problem_responses,
)
from mergehub.kit.request_clock import unhurried

IMPORT_BYTES = 16 << 20
FILE_BYTES = 32 << 20
FileFormat = Literal["auto", "table", "lm-eval", "every-eval-ever", "model-index", "eval-results"]
BINARY = {"type": "string", "format": "binary"}

router = Router(prefix="/v1/results", tags=["results"])

FromFile = Annotated[
    str,
    Query(min_length=1, max_length=500, description="The file's name or address."),
]
InFormat = Annotated[FileFormat, Query(alias="format", description="By default, it is recognised.")]
Mapped = Annotated[
    str | None,
    Query(max_length=50_000, description="What the columns of a table mean, as JSON or YAML."),
]
OfModel = Annotated[
    str | None, Query(max_length=500, description="The model of a file that names none.")
]
DryRun = Annotated[bool, Query(description="Say what would be done, and do nothing.")]
Writer = Annotated[Principal, Depends(requires("results:write"))]


@router.post(
    "/imports",
    summary="Add results in bulk",
    responses=problem_responses(Unauthenticated, Forbidden, StorageFull),
)
async def import_results(
    body: ResultImport, request: Request, writer: Writer
) -> ResultImportReport:
    """Take in up to 10,000 scores, all or none, and report which were skipped or are doubtful.

    The same rows again change nothing, so send an import again if its answer was lost. A dry run
    says what would become of the rows.
    """
    resources: Resources = request.app.state.resources
    check_room(resources.settings.data)
    with unhurried():  # the number of rows bounds the work
        return await service.bring_in(resources.database, body, writer.account or writer.name)


@router.post(
    "/files",
    summary="Add the results of a file",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        }
    },
    responses=problem_responses(
        Unauthenticated, Forbidden, StorageFull, UnreadableFile, BodyTooLarge
    ),
)
async def import_result_file(
    request: Request,
    writer: Writer,
    origin: FromFile,
    source: ImportedSource = "imported",
    format: InFormat = "auto",
    mapping: Mapped = None,
    model: OfModel = None,
    dry_run: DryRun = False,
) -> ResultFileReport:
    """Take in a file of results: CSV, JSON, JSON lines, YAML, a model card, or a ZIP of them.

    The body is the file itself. What a table's columns mean is guessed, unless `mapping` says so.
    Larger files than 32 MiB, or 50,000 rows, are for `mergehub results import`.
    """
    resources: Resources = request.app.state.resources
    check_room(resources.settings.data)
    asked = ResultImport(source=source, origin=origin, dry_run=dry_run, results=[])
    file = files.File(await request.body(), format, mapping, model)
    with unhurried():
        return await files.bring_in(resources.database, file, asked, writer.account or writer.name)
