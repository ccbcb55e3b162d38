"""Forgetting ended sessions, and codes that no shell redeemed."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, exists, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from mergehub.kit.database.database import changed
from mergehub.kit.database.housekeeping import Task
from registry.sign_in.models import SignInRow
from registry.sign_in.shell import CODE_LASTS
from registry.tokens.models import TokenRow

KEPT = timedelta(days=30)


async def forget_sessions(session: AsyncSession) -> int:
    """Delete sessions that ended long ago, unless they are the creator of a token."""
    child = aliased(TokenRow)
    old = TokenRow.session, TokenRow.expires_at < func.now() - KEPT
    childless = ~exists().where(child.creator_id == TokenRow.id)
    return await changed(session, delete(TokenRow).where(*old, childless))


async def forget_codes(session: AsyncSession) -> int:
    """Delete one-time codes that are no longer valid."""
    old = SignInRow.created_at < func.now() - CODE_LASTS
    return await changed(session, delete(SignInRow).where(old))


TASKS = (
    Task("sign_in.forget_sessions", forget_sessions),
    Task("sign_in.forget_codes", forget_codes),
)
