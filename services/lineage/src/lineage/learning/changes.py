"""The lock that keeps the order of models, and the log of what each transaction changed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import delete, func, text
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.edges.models import ChangeRow
from mergehub.kit.database.database import changed
from mergehub.kit.database.notify import notify

CHANNEL = "lineage_graph"

_KEY = "hashtext(current_schema() || '.edges')"
_SHARED = text(f"SELECT pg_advisory_xact_lock_shared({_KEY})")
_EXCLUSIVE = text(f"SELECT pg_advisory_xact_lock({_KEY})")
KEEP = timedelta(days=1)
"""How long the log is kept. A graph in memory that has not read it for so long is loaded again."""

_LOG = text(
    "INSERT INTO changes (edges, models) "
    "VALUES (CAST(:edges AS bigint[]), CAST(:models AS bigint[]))"
)


async def lock(session: AsyncSession, *, exclusive: bool) -> None:
    """Keep the ranks of stored models until the transaction ends.

    Any number of transactions share the lock, and add edges that suit the order. Only one that
    changes ranks needs it alone.
    """
    await session.execute(_EXCLUSIVE if exclusive else _SHARED)


async def log(session: AsyncSession, edges: Collection[int], models: Collection[int]) -> None:
    """Log the edges and models that changed, and wake the graphs in memory at the commit."""
    if edges or models:
        await session.execute(_LOG, {"edges": list(edges), "models": list(models)})
        await notify(session, CHANNEL)


async def prune(session: AsyncSession) -> int:
    """Delete what is old enough from the log; returns how many rows."""
    return await changed(session, delete(ChangeRow).where(ChangeRow.created_at < func.now() - KEEP))
