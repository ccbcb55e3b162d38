"""Tokens for people who signed in: a session for a browser, a longer one for a shell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import delete, exists, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from mergehub.kit.database.database import now
from mergehub.kit.identity.auth import hash_token, new_token
from registry.tokens.models import TokenRow
from registry.tokens.service import hint_of

SIGN_IN = "sign-in"
KEPT = timedelta(days=30)


async def give_token(
    session: AsyncSession, account: str, scopes: Iterable[str], lasting: timedelta, kind: str
) -> tuple[TokenRow, str]:
    """A new token of `account`, and the row that is kept of it; `kind` is `session` or `shell`."""
    token, number = new_token(), uuid4()
    row = TokenRow(
        id=number,
        name=f"{kind}-{number.hex[:12]}",
        account=account,
        session=kind == "session",
        hash=hash_token(token),
        hint=hint_of(token),
        scopes=sorted(scopes),
        created_by=SIGN_IN,
        expires_at=await now(session) + lasting,
    )
    session.add(row)
    await session.flush()
    await session.refresh(row)
    return row, token


async def forget_old_sessions(session: AsyncSession) -> None:
    """Drop sessions that ended long ago and that no token tells of as its creator."""
    child = aliased(TokenRow)
    old = TokenRow.session, TokenRow.expires_at < func.now() - KEPT
    childless = ~exists().where(child.creator_id == TokenRow.id)
    await session.execute(
        delete(TokenRow).where(*old, childless).execution_options(synchronize_session=False)
    )
