"""`/v1/artifacts/{run_id}/files/{name}`: a file of a model, whole or in part."""

from __future__ import annotations

import base64
from pathlib import PurePosixPath
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import Header, Path, Request, Response

from mergehub.kit.entity_tags import is_among
from mergehub.kit.http.preconditions import PreconditionFailed
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.identity.auth import Viewing
from mergehub.kit.identity.tokens import Viewer
from mergehub.kit.middleware.bodies import HEAD_ONLY
from mergehub.kit.middleware.etags import is_known
from mergehub.kit.problems.problem import Unauthenticated, problem_responses
from registry.artifacts import service
from registry.artifacts.downloads.errors import (
    ArtifactDamaged,
    NoStore,
    RangeNotSatisfiable,
    StoreAway,
    TooManyDownloads,
)
from registry.artifacts.downloads.ranges import Span, wanted
from registry.artifacts.downloads.sending import Downloads, Sent
from registry.artifacts.errors import ArtifactGone, ArtifactNotFound, FileNotFound
from registry.artifacts.service import media_type
from registry.stored.models import FileRow

router = Router(prefix="/v1/artifacts/{run_id}/files", tags=["artifacts"])

Name = Annotated[str, Path(max_length=1000, description="The path of the file in the model.")]
Range = Annotated[
    str | None,
    Header(
        alias="Range",
        description="One range of bytes, as in `bytes=0-1023`, `bytes=1024-` or `bytes=-1024`.",
    ),
]
IfRange = Annotated[
    str | None,
    Header(alias="If-Range", description="Send the range only if this is the file's `ETag`."),
]
BINARY = {"schema": {"type": "string", "format": "binary"}}
SENT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The whole file", "content": {"application/octet-stream": BINARY}},
    206: {
        "description": "The range of `Content-Range`",
        "content": {"application/octet-stream": BINARY},
    },
}


@router.get(
    "/{name:path}",
    summary="Download a file of a model",
    response_class=Response,
    responses=SENT
    | problem_responses(
        ArtifactNotFound,
        FileNotFound,
        ArtifactGone,
        RangeNotSatisfiable,
        PreconditionFailed,
        NoStore,
        StoreAway,
        TooManyDownloads,
        ArtifactDamaged,
        Unauthenticated,
    ),
)
async def download_artifact_file(
    run_id: UUID,
    name: Name,
    request: Request,
    session: Session,
    viewer: Viewing,
    range_: Range = None,
    if_range: IfRange = None,
) -> Response:
    """A file, or the range of it that `Range` asks for; several ranges get the whole file.

    The `ETag` is the file's SHA-256, and so is `Repr-Digest` (RFC 9530), of the whole file.
    """
    file = await service.find_file(session, run_id, name, viewer)
    headers = _headers(file)
    _check_state(request, headers["ETag"])
    if is_known(request, headers["ETag"]):
        return Response(status_code=304, headers={"ETag": headers["ETag"]})
    if HEAD_ONLY in request.scope:  # ranges are for GET alone
        return Response(status_code=200, headers=_of_span(headers, None, file.size))
    span = wanted(range_, if_range, headers["ETag"], file.size)
    of_span = _of_span(headers, span, file.size)
    downloads: Downloads = request.app.state.downloads
    opened = await downloads.open(_caller(request, viewer), file, span or Span(0, file.size))
    return Sent(opened, 206 if span else 200, of_span)


def _headers(file: FileRow) -> dict[str, str]:
    """The headers of every answer about a file."""
    digest = base64.b64encode(bytes.fromhex(file.sha256)).decode()
    base = PurePosixPath(file.name).name
    plain = "".join(each if each.isascii() and each not in '"\\%' else "_" for each in base)
    return {
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-cache",
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(base)}",
        "Content-Type": media_type(file.name),
        "ETag": f'"{file.sha256}"',
        "Repr-Digest": f"sha-256=:{digest}:",
    }


def _of_span(headers: dict[str, str], span: Span | None, size: int) -> dict[str, str]:
    """The headers of an answer with a range of a file, or with the whole."""
    if span is None:
        return headers | {"Content-Length": str(size)}
    content_range = f"bytes {span.start}-{span.stop - 1}/{size}"
    return headers | {"Content-Length": str(span.stop - span.start), "Content-Range": content_range}


def _check_state(request: Request, etag: str) -> None:
    """Raise PreconditionFailed if the client wants another state of the file."""
    field = ", ".join(request.headers.getlist("if-match"))
    if field and not is_among(etag, field, weakly=False):
        raise PreconditionFailed(f"The `ETag` is {etag}.", headers={"ETag": etag})


def _caller(request: Request, viewer: Viewer) -> str:
    if viewer is not None:
        return f"account:{viewer.account or viewer.name}"
    return f"address:{request.client.host if request.client else 'unknown'}"
