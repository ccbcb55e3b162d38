"""Tokens for people who signed in: a session for a browser, or a longer one for a shell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.database import now
from mergehub.kit.identity.tokens import hash_token, new_token
from registry.tokens.models import TokenRow
from registry.tokens.service import hint_of

SIGN_IN = "sign-in"


async def give_token(
    session: AsyncSession, account: str, scopes: Iterable[str], lasting: timedelta, kind: str
) -> tuple[TokenRow, str]:
    """Return a new token of `account`, and its row; `kind` is `session` or `shell`."""
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
