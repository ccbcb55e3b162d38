"""`/v1/boards/{board}/releases`: boards as they were, for citing."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Request, Response

from leaderboard.boards.catalogue import built_in
from leaderboard.boards.current import boards_in
from leaderboard.boards.endpoints import named_board
from leaderboard.boards.own.owners import NotYourBoard, check_may
from leaderboard.boards.own_endpoints import Writer
from leaderboard.boards.service import BoardNotFound
from leaderboard.memory.serving import FactsLoading, facts_of
from leaderboard.releases import repository, schemas, service
from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.identity.auth import own_token
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import Forbidden, Unauthenticated, problem_responses

router = Router(prefix="/v1/boards/{board}/releases", tags=["boards"])

Number = Annotated[int, Path(ge=1, lt=2**31, description="A release's number, from 1.")]
FOUND = problem_responses(service.ReleaseNotFound)
LAST = 2**31 - 1
UNCHANGED: dict[int | str, dict[str, Any]] = {
    200: {"model": schemas.Release, "description": "Nothing has changed since the last one"}
}


@router.post(
    "",
    summary="Keep a leaderboard as a numbered release",
    status_code=201,
    responses=UNCHANGED
    | problem_responses(
        Unauthenticated,
        Forbidden,
        NotYourBoard,
        BoardNotFound,
        service.NothingToRelease,
        service.TooManyReleases,
        FactsLoading,
    ),
)
async def release_board(
    board: str, request: Request, session: Session, writer: Writer, response: Response
) -> schemas.Release:
    """Keep the board as it is now, with a number and a digest, for ever.

    Boards of the hub are released by its administrators. If nothing has changed since the last
    release, that one is answered.
    """
    named = await named_board(request, board)
    if board in built_in():
        if not writer.may("admin"):
            raise NotYourBoard(f"Administrators release the board {board}, which is the hub's.")
    else:
        resources = request.app.state.resources
        owner = board.partition("~")[0]
        await check_may(resources.hub, own_token(request), writer, owner)
    facts = await facts_of(request.app)
    boards = boards_in(request.app.state.resources)
    content, as_of = await service.made(boards, facts, named)
    row, new = await service.release(session, named, content, as_of)
    response.status_code = 201 if new else 200
    told = schemas.Release.model_validate(service.told(row, _address(request)))
    response.headers["Location"] = f"/v1/boards/{board}/releases/{row.number}"
    return told


@router.get("", summary="List a leaderboard's releases", responses=problem_responses(BadCursor))
async def list_releases(
    board: str, request: Request, session: Session, paging: Paging
) -> schemas.ReleasePage:
    """The releases of a board, the newest first; also of one that was deleted."""
    after = paging.after(int)
    found = await repository.page(session, board, after[0] if after else LAST, paging.rows)
    rows, next_cursor = paging.cut(found, lambda row: (row.number,))
    items = [service.told(row, _address(request)) for row in rows]
    return schemas.ReleasePage.model_validate({"items": items, "next_cursor": next_cursor})


@router.get("/{number}", summary="Get a leaderboard's release", responses=FOUND)
async def get_release(
    board: str, number: Number, request: Request, session: Session
) -> schemas.ReleaseDetail:
    """A release with the rules and columns of the board as they were."""
    row = await service.get(session, board, number)
    return schemas.ReleaseDetail.model_validate(service.told(row, _address(request)))


@router.get(
    "/{number}/rows",
    summary="List the rows of a leaderboard's release",
    response_model=schemas.ReleasedRows,
    responses=FOUND | problem_responses(BadCursor),
)
async def list_release_rows(
    board: str, number: Number, session: Session, paging: Paging, response: Response
) -> Response:
    """The rows as they were, in the board's order."""
    release = await service.get(session, board, number)
    body = await service.rows(session, release, paging)
    return Response(body, media_type="application/json", headers=dict(response.headers))


def _address(request: Request) -> str:
    address: str = request.app.state.resources.settings.address
    return address.rstrip("/")
