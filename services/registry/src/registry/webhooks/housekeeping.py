"""Forgetting old deliveries."""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.database import changed
from mergehub.kit.database.housekeeping import Task
from registry.webhooks.models import DeliveryRow

KEPT_DAYS = 30
AT_ONCE = 1000


async def forget_deliveries(session: AsyncSession) -> int:
    """Delete deliveries that ended a month ago, with their attempts."""
    old = DeliveryRow.finished_at < func.now() - func.make_interval(0, 0, 0, KEPT_DAYS)
    some = select(DeliveryRow.id).where(old).limit(AT_ONCE)
    return await changed(session, delete(DeliveryRow).where(DeliveryRow.id.in_(some)))


TASKS = (Task("webhooks.forget_deliveries", forget_deliveries, batch=AT_ONCE),)
