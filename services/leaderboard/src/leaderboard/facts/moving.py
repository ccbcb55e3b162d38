"""Moves item scores of the release before into the tables of facts, which need far less room.

What is moved stays where it was, too: the release before may come back, and reads it there.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.facts import item_scores
from leaderboard.facts.former import OldItemRow, OldResultRow
from leaderboard.facts.models import FactRow
from mergehub.kit.database.housekeeping import Task

AT_ONCE = 50


class Moving:
    """Goes through the old results once, and then through those that the release before adds."""

    def __init__(self) -> None:
        self._reached = 0

    async def move(self, session: AsyncSession) -> int:
        """Move the item scores of the next results; returns how many results were looked at."""
        query = select(OldResultRow.id).where(OldResultRow.id > self._reached)
        found = (await session.scalars(query.order_by(OldResultRow.id).limit(AT_ONCE))).all()
        if not found:
            return 0
        facts = (await session.scalars(select(FactRow.id).where(FactRow.id.in_(found)))).all()
        items: dict[int, dict[str, float]] = {}
        rows = select(OldItemRow).where(OldItemRow.result_id.in_(facts))
        for row in await session.scalars(rows):
            items.setdefault(row.result_id, {})[row.item] = row.score
        await item_scores.keep(session, items)
        self._reached = found[-1]
        return len(found)

    def task(self) -> Task:
        """The task for housekeeping."""
        return Task("old-items", self.move, AT_ONCE)
