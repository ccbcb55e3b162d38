"""The registry's outbox."""

from __future__ import annotations

from sqlalchemy import ColumnElement, update
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.notify import notify
from mergehub.kit.events.outbox import CHANNEL, Outbox
from registry.events.tables import OutboxRow

outbox = Outbox("registry", OutboxRow)


async def release(session: AsyncSession, owner: str, *which: ColumnElement[bool]) -> None:
    """Hand the relay the events that were held back as private to `owner`."""
    kept = update(OutboxRow).where(OutboxRow.private_to == owner, *which)
    released = kept.values(private_to=None, published=False)
    await session.execute(released.execution_options(synchronize_session=False))
    await notify(session, CHANNEL, outbox.source)
