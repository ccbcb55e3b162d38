"""Learning ablations from events, and listing them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.ablations import schemas
from leaderboard.ablations.comparing import ItemScores, compared, report
from leaderboard.ablations.models import AblationRow
from leaderboard.names import known, spelled
from mergehub.contracts.events import AblationCompleted
from mergehub.kit.paging.pages import PageRequest


async def learn_ablation(
    session: AsyncSession, told: AblationCompleted, items: ItemScores, created_at: datetime
) -> None:
    """Keep an ablation with its comparisons, once for each run."""
    candidates = await asyncio.to_thread(compared, told, items)
    values = {
        "run": told.run,
        "model": await spelled(session, told.model) if told.model else None,
        "recipe_digest": told.recipe_digest,
        "method": told.method,
        "harness": told.harness,
        "report": report(candidates),
        "created_at": created_at,
    }
    await session.execute(insert(AblationRow).values(values).on_conflict_do_nothing())


async def page(
    session: AsyncSession, model: str | None, recipe_digest: str | None, asked: PageRequest
) -> schemas.AblationPage:
    """A page of ablations, newest first. Raises BadCursor."""
    before = asked.after(datetime, UUID)
    query = select(AblationRow).order_by(AblationRow.created_at.desc(), AblationRow.run.desc())
    if model is not None:
        query = query.where(AblationRow.model == await known(session, model))
    if recipe_digest is not None:
        query = query.where(AblationRow.recipe_digest == recipe_digest)
    if before is not None:
        query = query.where(tuple_(AblationRow.created_at, AblationRow.run) < before)
    found: Sequence[AblationRow] = (await session.scalars(query.limit(asked.rows))).all()
    rows, next_cursor = asked.cut(found, lambda row: (row.created_at, row.run))
    return schemas.AblationPage(items=[_told(row) for row in rows], next_cursor=next_cursor)


def _told(row: AblationRow) -> schemas.Ablation:
    return schemas.Ablation(
        run=row.run,
        model=row.model,
        recipe_digest=row.recipe_digest,
        method=row.method,
        harness=row.harness,
        created_at=row.created_at,
        candidates=row.report["candidates"],
    )
