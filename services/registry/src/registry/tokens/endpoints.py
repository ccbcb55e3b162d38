"""`/v1/tokens`: create, list, get and revoke tokens."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from mergehub.kit.database.database import after_commit
from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.identity.auth import own_token
from mergehub.kit.identity.tokens import derived_token
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import Unauthenticated, problem_responses
from registry.accounts.errors import QuotaExceeded
from registry.acting import Holder
from registry.idempotency.errors import KeyInProgress
from registry.idempotency.once import Answered, Once
from registry.tokens import service
from registry.tokens.grants import BeyondOwn, TokenInvalid
from registry.tokens.schemas import Token, TokenCreate, TokenCreated, TokenDraft, TokenPage
from registry.tokens.service import NameTaken, TokenNotFound, TokenOfSettings

NO_STORE = {"Cache-Control": "no-store"}
REVOKED: dict[int | str, dict[str, Any]] = {204: {"description": "Revoked, now or before"}}

router = Router(prefix="/v1/tokens", tags=["tokens"], responses=problem_responses(Unauthenticated))


@router.post(
    "",
    summary="Create a token",
    status_code=201,
    response_model=TokenCreated,
    responses=problem_responses(BeyondOwn, QuotaExceeded, NameTaken, KeyInProgress, TokenInvalid),
)
async def create_token(
    body: TokenCreate, request: Request, session: Session, holder: Holder, once: Once
) -> Response:
    """Create a token, which only this answer shows.

    It has the creator's scopes or fewer, and does not outlive its creator. A token made by a
    session may outlive the session. A repetition with the same `Idempotency-Key` and the same
    token in `Authorization` shows the new token again.
    """
    own = own_token(request)

    async def effect() -> Answered:
        draft = await service.create(session, holder, own, body)
        return Answered(201, draft, {"Location": f"/v1/tokens/{draft.id}"})

    return _revealed(await once(session, holder, body, effect), own)


@router.get("", summary="List tokens", responses=problem_responses(BadCursor))
async def list_tokens(
    session: Session,
    asked: Paging,
    holder: Holder,
    revoked: Annotated[bool, Query(description="List only revoked tokens.")] = False,
) -> TokenPage:
    """Tokens, newest first.

    An administrator sees every token, a person who signed in those of their account. A token sees
    itself and those that it made.
    """
    return await service.page(session, holder.who, revoked, asked)


@router.get("/{token_id}", summary="Get a token", responses=problem_responses(TokenNotFound))
async def get_token(token_id: UUID, session: Session, holder: Holder) -> Token:
    """A token, without its secret."""
    return await service.find(session, holder.who, token_id)


@router.delete(
    "/{token_id}",
    summary="Revoke a token",
    status_code=204,
    responses=REVOKED | problem_responses(TokenNotFound, TokenOfSettings),
)
async def revoke_token(token_id: UUID, request: Request, session: Session, holder: Holder) -> None:
    """Revoke a token: in the registry at once, in other services within 30 seconds."""
    await service.revoke(session, holder, token_id)
    after_commit(session, request.app.state.authenticator.forget)


def _revealed(drafted: Response, own: str) -> Response:
    """The answer with the token in place of the nonce that it is derived from."""
    draft = TokenDraft.model_validate_json(bytes(drafted.body))
    shown = draft.model_dump(exclude={"nonce"})
    body = TokenCreated(**shown, token=derived_token(own, draft.nonce))
    kept = {name: drafted.headers[name] for name in _KEPT_HEADERS if name in drafted.headers}
    return Response(body.model_dump_json(), 201, NO_STORE | kept, "application/json")


_KEPT_HEADERS = ("location", "idempotency-replayed")
