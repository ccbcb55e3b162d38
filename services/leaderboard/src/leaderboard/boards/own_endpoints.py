"""`/v1/boards`: boards that people make, change and delete."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.boards import schemas
from leaderboard.boards.catalogue import built_in
from leaderboard.boards.own import repository
from leaderboard.boards.own import service as own
from leaderboard.boards.own.models import OwnBoardRow
from leaderboard.boards.own.owners import NotYourBoard, check_may
from leaderboard.boards.own.schemas import BoardCreate, BoardUpdate
from leaderboard.boards.service import BoardNotFound, named, no_board, of_people
from mergehub.kit.entity_tags import etag_of
from mergehub.kit.http.preconditions import IfMatch, PreconditionFailed, PreconditionRequired
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.identity.auth import own_token, requires
from mergehub.kit.identity.tokens import Principal
from mergehub.kit.middleware.etags import as_it_is
from mergehub.kit.problems.problem import Forbidden, Unauthenticated, problem_responses

router = Router(prefix="/v1/boards", tags=["boards"])

Writer = Annotated[Principal, Depends(requires("boards:write"))]
MAY = (Unauthenticated, Forbidden, NotYourBoard)
CHANGES = (BoardNotFound, PreconditionFailed, PreconditionRequired)


@router.post(
    "",
    summary="Create a leaderboard",
    status_code=201,
    responses=problem_responses(*MAY, own.BoardNameTaken, own.TooManyBoards),
)
async def create_board(
    body: BoardCreate, request: Request, session: Session, writer: Writer, response: Response
) -> schemas.BoardInfo:
    """Make a board of your own columns, weights and rules. Everybody can see it."""
    owner = body.owner or writer.account
    if owner is None:
        raise NotYourBoard("Your token belongs to no account: name the `owner` of the board.")
    await _check(request, writer, owner)
    board = _told(await own.create(session, owner, body))
    response.headers["Location"] = f"/v1/boards/{board.name}"
    response.headers["ETag"] = etag_of(board)
    return board


@router.get(
    "/{board}/definition",
    summary="Get a leaderboard's rules",
    response_model=schemas.BoardInfo,
    responses=problem_responses(BoardNotFound),
)
async def get_board_definition(board: str, session: Session) -> Response:
    """What a board is; its `ETag` is that of `If-Match` in a change."""
    found = await named(session, board)
    return as_it_is(schemas.BoardInfo.model_validate(found.told()))


@router.patch(
    "/{board}", summary="Change a leaderboard", responses=problem_responses(*MAY, *CHANGES)
)
async def update_board(
    board: str,
    body: BoardUpdate,
    request: Request,
    session: Session,
    writer: Writer,
    response: Response,
    if_match: IfMatch,
) -> schemas.BoardInfo:
    """Change what the body names. Releases stay as they are."""
    row = await _mine(request, session, writer, board)
    changed = await own.change(session, row, body, lambda each: if_match.check(_tag(each)))
    told = _told(changed)
    response.headers["ETag"] = etag_of(told)
    return told


@router.delete(
    "/{board}",
    summary="Delete a leaderboard",
    status_code=204,
    responses=problem_responses(*MAY, *CHANGES),
)
async def delete_board(
    board: str, request: Request, session: Session, writer: Writer, if_match: IfMatch
) -> None:
    """Delete a board. Its releases stay, as others may have cited them."""
    row = await _mine(request, session, writer, board)
    if_match.check(_tag(row))
    await session.delete(row)


async def _mine(
    request: Request, session: AsyncSession, writer: Principal, name: str
) -> OwnBoardRow:
    """The board, if the caller may change it. The registry is asked before a row is locked."""
    if name in built_in():
        raise NotYourBoard(f"The board {name} comes with the hub and stays as it is.")
    owner = name.partition("~")[0]
    await _check(request, writer, owner)
    row = await repository.get(session, name, to_change=True)
    if row is None:
        raise no_board(name)
    return row


async def _check(request: Request, writer: Principal, owner: str) -> None:
    await check_may(request.app.state.resources.hub, own_token(request), writer, owner)


def _told(row: OwnBoardRow) -> schemas.BoardInfo:
    return schemas.BoardInfo.model_validate(of_people(row).told())


def _tag(row: OwnBoardRow) -> str:
    return etag_of(_told(row))
