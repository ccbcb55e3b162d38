"""`/v1/results/withdrawals`: take results back, and restore them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Query

from leaderboard.facts.models import Source
from leaderboard.results.service import ResultNotFound
from leaderboard.withdrawals import repository, schemas, service
from leaderboard.withdrawals.service import (
    AlreadyRestored,
    NothingToWithdraw,
    WithdrawalNotFound,
)
from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.identity.auth import requires
from mergehub.kit.identity.tokens import Principal
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import Forbidden, Unauthenticated, problem_responses

router = Router(prefix="/v1/results", tags=["results"])

Writer = Annotated[Principal, Depends(requires("results:write"))]
Moderator = Annotated[Principal, Depends(requires("results:moderate"))]
WithdrawalId = Annotated[int, Path(ge=1, lt=2**31)]
Account = Annotated[
    str | None, Query(min_length=1, max_length=200, description="Only what this account imported.")
]


@router.get(
    "/origins", summary="List where results came from", responses=problem_responses(BadCursor)
)
async def list_result_origins(
    session: Session, paging: Paging, account: Account = None
) -> schemas.ResultOriginPage:
    """The files and addresses that results were imported from, newest first."""
    after = paging.after(int)
    found = await repository.origins(session, account, after[0] if after else None, paging.rows)
    rows, next_cursor = paging.cut(found, lambda row: (row.id,))
    items = [
        schemas.ResultOrigin(
            origin=row.origin,
            account=row.account,
            source=Source(row.source).name,
            first_import=row.first_import,
        )
        for row in rows
    ]
    return schemas.ResultOriginPage(items=items, next_cursor=next_cursor)


@router.get(
    "/withdrawals", summary="List withdrawals of results", responses=problem_responses(BadCursor)
)
async def list_result_withdrawals(session: Session, paging: Paging) -> schemas.ResultWithdrawalPage:
    """What was withdrawn, newest first, with the reasons; also what was restored."""
    after = paging.after(int)
    found = await repository.withdrawals(session, after[0] if after else None, paging.rows)
    rows, next_cursor = paging.cut(found, lambda row: (row.id,))
    items = [schemas.ResultWithdrawal.model_validate(row) for row in rows]
    return schemas.ResultWithdrawalPage(items=items, next_cursor=next_cursor)


@router.post(
    "/withdrawals",
    summary="Withdraw results of your own",
    status_code=201,
    responses=problem_responses(Unauthenticated, Forbidden, NothingToWithdraw, ResultNotFound),
)
async def withdraw_results(
    body: schemas.ResultWithdrawalCreate, session: Session, writer: Writer
) -> schemas.ResultWithdrawn:
    """Let the results of one origin count no more, or one result: boards forget them at once.

    At most 100,000 are withdrawn at once; `more` says to ask again. What another origin states too
    stays, as that one's. The history keeps everything, and importing the rows again brings them
    back.
    """
    return await service.withdraw(session, body, writer, moderator=False)


@router.delete(
    "/withdrawals/{withdrawal}",
    summary="Restore results that you withdrew",
    status_code=204,
    responses=problem_responses(Unauthenticated, Forbidden, WithdrawalNotFound, AlreadyRestored),
)
async def restore_results(withdrawal: WithdrawalId, session: Session, writer: Writer) -> None:
    """Let the results of a withdrawal count again."""
    await service.restore(session, withdrawal, writer, moderator=False)


@router.post(
    "/moderation",
    summary="Withdraw anyone's results",
    status_code=201,
    responses=problem_responses(Unauthenticated, Forbidden, NothingToWithdraw, ResultNotFound),
)
async def moderate_results(
    body: schemas.ResultWithdrawalCreate, session: Session, moderator: Moderator
) -> schemas.ResultWithdrawn:
    """Let results count no more, whoever they are from. Importing them again is refused."""
    return await service.withdraw(session, body, moderator, moderator=True)


@router.delete(
    "/moderation/{withdrawal}",
    summary="Restore anyone's results",
    status_code=204,
    responses=problem_responses(Unauthenticated, Forbidden, WithdrawalNotFound, AlreadyRestored),
)
async def restore_moderated_results(
    withdrawal: WithdrawalId, session: Session, moderator: Moderator
) -> None:
    """Let the results of a withdrawal count again, whoever withdrew them."""
    await service.restore(session, withdrawal, moderator, moderator=True)
