"""Forgetting keys whose time is over."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.database import changed
from mergehub.kit.database.housekeeping import Task
from registry.idempotency.models import KeyRow

KEPT = timedelta(hours=24)


async def forget_keys(session: AsyncSession) -> int:
    """Delete first answers that are older than a day."""
    return await changed(session, delete(KeyRow).where(KeyRow.created_at < func.now() - KEPT))


TASKS = (Task("idempotency.forget_keys", forget_keys),)
