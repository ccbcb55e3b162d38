"""Forgetting workers that fell silent."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.database import changed
from mergehub.kit.database.housekeeping import Task
from registry.runs.workers.models import WorkerRow

KEPT = timedelta(days=1)


async def forget_workers(session: AsyncSession) -> int:
    """Delete workers that have been silent for a day."""
    return await changed(session, delete(WorkerRow).where(WorkerRow.seen_at < func.now() - KEPT))


TASKS = (Task("workers.forget", forget_workers),)
