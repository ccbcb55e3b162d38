"""`/v1/accounts`: your own account, other accounts, and organisations."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Request, Response
from pydantic import BeforeValidator, StringConstraints

from mergehub.kit.database.database import after_commit
from mergehub.kit.entity_tags import etag_of
from mergehub.kit.http.preconditions import IfMatch, PreconditionFailed, PreconditionRequired
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.problems.problem import Forbidden, Unauthenticated, problem_responses
from registry.accounts import service
from registry.accounts.access import NotYours
from registry.accounts.errors import (
    AccountNotFound,
    CannotDisable,
    HandleTaken,
    NoAccount,
    QuotaExceeded,
)
from registry.accounts.schemas import Account, AccountUpdate, Me, OrganisationCreate
from registry.acting import Holder, acting
from registry.actor import Actor
from registry.idempotency.errors import KeyInProgress
from registry.idempotency.once import Answered, Once

router = Router(prefix="/v1/accounts", tags=["accounts"])

Handle = Annotated[
    str,
    StringConstraints(max_length=100, pattern="^[a-z0-9-]+$"),
    BeforeValidator(str.lower),
    Path(description="The handle of a person or an organisation."),
]
Manager = Annotated[Actor, Depends(acting("accounts:manage"))]


@router.post(
    "",
    summary="Create an organisation",
    status_code=201,
    response_model=Account,
    responses=problem_responses(
        Unauthenticated, Forbidden, NoAccount, QuotaExceeded, HandleTaken, KeyInProgress
    ),
)
async def create_organisation(
    body: OrganisationCreate, session: Session, founder: Manager, once: Once
) -> Response:
    """Create an organisation. You become its owner."""

    async def effect() -> Answered:
        made = await service.create_organisation(session, founder, body)
        return Answered(201, made, {"Location": f"/v1/accounts/{made.handle}"})

    return await once(session, founder, body, effect)


@router.get(
    "/me", summary="Get your own account", responses=problem_responses(Unauthenticated, NoAccount)
)
async def get_me(session: Session, holder: Holder) -> Me:
    """Your account, the scopes of your token, and the organisations that you belong to."""
    return await service.me(session, holder.who)


@router.get("/{handle}", summary="Get an account", responses=problem_responses(AccountNotFound))
async def get_account(handle: Handle, session: Session, response: Response) -> Account:
    """The account of a person or an organisation."""
    account = await service.find(session, handle)
    response.headers["ETag"] = etag_of(account)
    return account


@router.patch(
    "/{handle}",
    summary="Change or disable an account",
    responses=problem_responses(
        Unauthenticated,
        Forbidden,
        NotYours,
        AccountNotFound,
        CannotDisable,
        PreconditionFailed,
        PreconditionRequired,
    ),
)
async def update_account(
    handle: Handle,
    body: AccountUpdate,
    request: Request,
    session: Session,
    actor: Manager,
    response: Response,
    if_match: IfMatch,
) -> Account:
    """Change an account's display name or, as an administrator, disable or enable it."""
    account = await service.update(session, actor, handle, body, if_match.check)
    after_commit(session, request.app.state.authenticator.forget)
    response.headers["ETag"] = etag_of(account)
    return account
