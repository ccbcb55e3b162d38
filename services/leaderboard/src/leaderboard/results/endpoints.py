"""`/v1/results`: the results, newest first."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from leaderboard.facts.models import Source
from leaderboard.results import exporting, schemas, service
from leaderboard.results.card import MODEL_INDEX, card
from leaderboard.results.repository import Wanted
from leaderboard.results.service import ResultNotFound
from mergehub.contracts import results as contract
from mergehub.kit.background.resources import Resources
from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import problem_responses
from mergehub.result_files.writing import MEDIA_TYPES

router = Router(prefix="/v1/results", tags=["results"])

ExportFormat = Literal["csv", "jsonl", "every-eval-ever", "lm-eval", "model-index"]

Text = Annotated[str, Query(min_length=1, max_length=500)]
Model = Annotated[Text | None, Query(description="A model's name.", examples=["org/dates"])]
Benchmark = Annotated[
    Text | None,
    Query(description="A benchmark's name, title or task.", examples=["dates"]),
]
Version = Annotated[Text | None, Query(description="A benchmark's version.")]
Badge = Annotated[contract.Source | None, Query(description="Only results of this badge.")]
Precision = Annotated[Text | None, Query(examples=["bfloat16"])]
Run = Annotated[UUID | None, Query(description="Only what this run measured.")]
FromOrigin = Annotated[Text | None, Query(description="Only what came from this file or address.")]
History = Annotated[
    bool, Query(description="Also results that a newer one replaced, and withdrawn ones.")
]


async def _wanted(
    model: Model = None,
    benchmark: Benchmark = None,
    version: Version = None,
    source: Badge = None,
    precision: Precision = None,
    run: Run = None,
    origin: FromOrigin = None,
    history: History = False,
) -> Wanted:
    badge = None if source is None else int(Source[source])
    precise = precision and precision.lower()
    benchmarks = (benchmark,) if benchmark else ()
    return Wanted(model, benchmarks, version, badge, precise, run, origin, history)


Asked = Annotated[Wanted, Depends(_wanted)]


ResultId = Annotated[int, Path(ge=1, lt=2**63)]
InFormat = Annotated[ExportFormat, Query(alias="format", description="The format of the file.")]
FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {
            kind.partition(";")[0]: {"schema": {"type": "string"}}
            for kind in sorted(set(MEDIA_TYPES.values()))
        },
    }
}


@router.get("", summary="List results", responses=problem_responses(BadCursor))
async def list_results(session: Session, paging: Paging, wanted: Asked) -> schemas.ResultPage:
    """The current results, newest first; with `history`, all results."""
    return await service.page(session, wanted, paging)


@router.get(
    "/export",
    summary="Download results as a file",
    response_class=StreamingResponse,
    responses=FILE,
)
async def export_results(request: Request, wanted: Asked, format: InFormat) -> Response:
    """All results that a filter leaves, by model, as `POST /v1/results/files` reads them.

    `model-index` is the front matter of the card of one `model`, with at most 250 results;
    `lm-eval` and `every-eval-ever` have a record of each model in a line.
    """
    resources: Resources = request.app.state.resources
    async with resources.database.reading() as session:
        stored = await service.as_stored(session, wanted)
        if format == MODEL_INDEX:
            return Response(await card(session, stored), media_type=MEDIA_TYPES[format])
    return StreamingResponse(
        exporting.stream(resources.database, stored, format), media_type=MEDIA_TYPES[format]
    )


@router.get("/{result}", summary="Get a result", responses=problem_responses(ResultNotFound))
async def get_result(result: ResultId, session: Session) -> schemas.ResultDetail:
    """A result with its evidence."""
    return await service.one(session, result)


@router.get(
    "/{result}/items",
    summary="List the item scores of a result",
    responses=problem_responses(BadCursor, ResultNotFound),
)
async def list_result_items(result: ResultId, session: Session, paging: Paging) -> schemas.ItemPage:
    """The score of each item, sorted by the item's hash; empty if none are kept."""
    return await service.items(session, result, paging)
