"""Marking the models that go, and deciding about marked ones once more when their time is up.

A model is deleted in steps, each in a transaction of its own: it is marked, GRACE passes, it is
condemned if nothing needs it, its files are removed, and it is noted as gone. A run that is
submitted before the third step keeps it, since both lock its row; a crash between two steps leaves
the next one to be done.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.database import changed, now
from mergehub.kit.paging.pages import PageRequest
from mergehub.kit.settings.retention import Retention
from registry.artifacts.collecting import rules
from registry.artifacts.collecting.needs import needed
from registry.artifacts.collecting.schemas import Leaving, LeavingPage
from registry.stored.holding import stay
from registry.stored.models import ArtifactRow, FileRow

GRACE = timedelta(hours=1)
AT_ONCE = 200


async def page(
    session: AsyncSession, hub: Retention, account: str | None, asked: PageRequest
) -> LeavingPage:
    """A page of the models that go by the rules and that nothing needs, the oldest first."""
    after = asked.after(datetime, UUID)
    found = await rules.planned(session, hub, account, after, asked.rows)
    rows, next_cursor = asked.cut(found, lambda row: (row.created_at, row.run_id))
    held = await needed(session, {row.run_id for row in rows})
    items = [_leaving(row) for row in rows if row.run_id not in held]
    return LeavingPage(items=items, next_cursor=next_cursor)


async def mark(session: AsyncSession, hub: Retention) -> int:
    """Mark the models that go by the rules and that nothing needs; returns how many."""
    marked, after = 0, None
    if not await rules.any_rules(session, hub):
        return marked
    while rows := await rules.planned(session, hub, None, after, AT_ONCE):
        held = await needed(session, {row.run_id for row in rows})
        for row in rows:
            if row.run_id not in held:
                marked += await _mark(session, row)
        after = (rows[-1].created_at, rows[-1].run_id)
    return marked


async def condemn(session: AsyncSession) -> list[UUID]:
    """The models whose files are to be removed now; those that something needs stay.

    Rows that another transaction has locked are left for the next time.
    """
    due = ArtifactRow.state == "leaving", ArtifactRow.marked_at < func.now() - GRACE
    query = select(ArtifactRow).where(*due).order_by(ArtifactRow.marked_at).limit(AT_ONCE)
    rows = (await session.scalars(query.with_for_update(skip_locked=True))).all()
    held = await needed(session, {row.run_id for row in rows})  # sees what was committed by now
    for row in rows:
        if row.run_id in held or row.pinned:
            stay(row)
        else:
            row.state = "deleting"
    await session.flush()
    deleting = select(ArtifactRow.run_id).where(ArtifactRow.state == "deleting").limit(AT_ONCE)
    return list(await session.scalars(deleting))


async def note_gone(session: AsyncSession, run_id: UUID) -> None:
    """Note that the files of a condemned model are removed."""
    mine = ArtifactRow.run_id == run_id, ArtifactRow.state == "deleting"
    row = await session.scalar(select(ArtifactRow).where(*mine).with_for_update())
    if row is not None:
        row.state, row.marked_at = "gone", await now(session)
        await session.execute(delete(FileRow).where(FileRow.run_id == run_id))


async def _mark(session: AsyncSession, row: Row[Any]) -> int:
    still = ArtifactRow.run_id == row.run_id, ArtifactRow.state == "stored", ~ArtifactRow.pinned
    leaving = {"state": "leaving", "why": rules.why(row), "marked_at": func.now()}
    return await changed(session, update(ArtifactRow).where(*still).values(**leaving))


def _leaving(row: Row[Any]) -> Leaving:
    return Leaving(
        run=row.run_id,
        owner=row.owner,
        model_name=row.model_name,
        size=row.size,
        created_at=row.created_at,
        why=rules.why(row),
    )
