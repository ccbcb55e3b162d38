"""Holds the models that a new run uses: one that was marked to go stays."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from registry.stored.errors import ModelGone
from registry.stored.models import HELD, ArtifactRow


async def hold(session: AsyncSession, needed: Iterable[str], useful: Iterable[str] = ()) -> None:
    """Keep the models of runs for a run that this transaction queues.

    Raises ModelGone if one that is `needed` was deleted.

    The rows stay locked until the transaction ends. Who deletes a model locks its row first and
    then looks for such runs, so either that run is seen, or the model is gone here.
    """
    must = set(map(UUID, needed))
    wanted = must | set(map(UUID, useful))
    if not wanted:
        return
    query = select(ArtifactRow).where(ArtifactRow.run_id.in_(wanted)).order_by(ArtifactRow.run_id)
    locked = await session.scalars(
        query.with_for_update().execution_options(populate_existing=True)
    )
    for row in locked:
        if row.state in HELD:
            stay(row)
        elif row.run_id in must:
            raise ModelGone(f"The model of run {row.run_id} was deleted: {row.why}")


def stay(row: ArtifactRow) -> None:
    """Take back the mark of a model, whose row is locked."""
    row.state, row.why, row.marked_at = "stored", None, None
