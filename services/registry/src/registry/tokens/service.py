"""Creating, showing and revoking tokens."""

from __future__ import annotations

from datetime import datetime
from secrets import token_urlsafe
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.database import now
from mergehub.kit.database.notify import notify
from mergehub.kit.identity.tokens import TOKEN_PREFIX, Principal, derived_token, hash_token
from mergehub.kit.paging.pages import PageRequest
from mergehub.kit.problems.problem import Conflict, NotFound, Unauthenticated
from registry.accounts.quotas import check_quota
from registry.actor import Actor
from registry.audit.actions import Action
from registry.audit.service import audit
from registry.tokens import repository
from registry.tokens.counts import TOKENS
from registry.tokens.grants import granted_end, granted_scopes
from registry.tokens.models import TokenRow
from registry.tokens.schemas import Token, TokenCreate, TokenDraft, TokenPage

CHANNEL = "mergehub_tokens"
SETTINGS = "settings"
OF_SETTINGS = {
    "owner": "MERGEHUB_BOOTSTRAP_TOKEN",
    "worker": "MERGEHUB_WORKER_TOKEN",
    "service": "MERGEHUB_SERVICE_TOKEN",
}


class NameTaken(Conflict):
    """A token that is not revoked has this name, or a setting reserves it."""

    code, title = "token-name-taken", "The token name is taken"
    remedy = "Revoke that token with `DELETE /v1/tokens/{id}`, or choose another name."


class TokenNotFound(NotFound):
    """No token has this id, or you may not see it: that needs the scope `admin`."""

    code, title = "token-not-found", "Token not found"
    remedy = "List the tokens that you may see with `GET /v1/tokens`."


class TokenOfSettings(Conflict):
    """The next start of the registry would restore the token."""

    code, title = "token-of-settings", "The token comes from a setting"
    remedy = (
        "Change or remove the variable that the detail names, and start the registry again. "
        "`mergehub up` keeps these tokens in `tokens.json` of its data folder: stop it, remove "
        "that file and start it again, and it makes new ones."
    )


async def create(
    session: AsyncSession, actor: Actor, own_token: str, wanted: TokenCreate
) -> TokenDraft:
    """Create the token that `derived_token` returns for `own_token` and the draft's nonce.

    Raises NameTaken, Unauthenticated if the creator was revoked just now, and what
    `granted_scopes` and `granted_end` raise.
    """
    creator = actor.who
    scopes = granted_scopes(creator, wanted.scopes)
    if not await repository.hold(session, creator.id):
        raise Unauthenticated("The token is no longer valid.")
    await check_quota(session, actor, creator.account, TOKENS)
    nonce = token_urlsafe(32)
    row = await _added(session, creator, derived_token(own_token, nonce), wanted, scopes)
    await audit(session, actor, "token.created", f"tokens/{row.id}")
    return TokenDraft(**Token.model_validate(row).model_dump(), nonce=nonce)


async def find(session: AsyncSession, viewer: Principal, token_id: UUID) -> Token:
    """A token that `viewer` may see. Raises TokenNotFound."""
    row = await repository.find(session, token_id, viewer)
    if row is None:
        raise _unknown(token_id)
    return Token.model_validate(row)


async def page(
    session: AsyncSession, viewer: Principal, revoked: bool, asked: PageRequest
) -> TokenPage:
    """A page of the tokens that `viewer` may see, newest first."""
    before = asked.after(datetime, UUID)
    found = await repository.page(session, viewer, revoked, before, asked.rows)
    rows, next_cursor = asked.cut(found, lambda row: (row.created_at, row.id))
    return TokenPage(items=[Token.model_validate(row) for row in rows], next_cursor=next_cursor)


async def revoke(session: AsyncSession, actor: Actor, token_id: UUID) -> None:
    """Make a token invalid for ever; a revoked token does not change.

    Raises TokenNotFound, and TokenOfSettings if the next start would restore the token.
    """
    row = await repository.lock(session, token_id, actor.who)
    if row is None:
        raise _unknown(token_id)
    if row.revoked_at is not None:
        return
    if row.created_by == SETTINGS:
        variable = OF_SETTINGS[row.name]
        raise TokenOfSettings(
            f"Nothing was revoked: the token {row.name!r} comes from {variable}, and the next "
            "start would bring it back. Change or remove that variable and start the registry "
            "again. `mergehub up` sets it from tokens.json in its data folder: stop it, remove "
            "that file and start it again for new tokens."
        )
    await end(session, actor, row)


async def end(session: AsyncSession, actor: Actor, row: TokenRow) -> None:
    """Revoke a token, record it in the audit trail, and notify every replica at the commit."""
    row.revoked_at = await now(session)
    await session.flush()
    action: Action = "session.ended" if row.session else "token.revoked"
    await audit(session, actor, action, f"tokens/{row.id}")
    await notify(session, CHANNEL)


async def _added(
    session: AsyncSession, creator: Principal, token: str, wanted: TokenCreate, scopes: list[str]
) -> TokenRow:
    """The row of a new token. Raises NameTaken and what `granted_end` raises."""
    expires_at = granted_end(creator, wanted, await now(session))
    row = None
    if wanted.name not in OF_SETTINGS:
        row = await repository.add(
            session,
            name=wanted.name,
            account=creator.account,
            hash=hash_token(token),
            hint=hint_of(token),
            scopes=scopes,
            created_by=creator.name,
            creator_id=creator.id,
            expires_at=expires_at,
        )
    if row is None:
        raise NameTaken(f"{wanted.name!r} is taken: revoke that token, or choose another name.")
    return row


def hint_of(token: str) -> str:
    """How a token begins and ends, for people to recognise it; empty for a short one."""
    return f"{TOKEN_PREFIX}…{token[-4:]}" if len(token) >= 40 else "…"


def _unknown(token_id: UUID) -> TokenNotFound:
    return TokenNotFound(f"There is no token {token_id} that you may see.")
