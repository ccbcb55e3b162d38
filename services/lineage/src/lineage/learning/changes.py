"""The lock that keeps the order of models, and the log of what each transaction changed."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.edges.models import ChangeRow
from mergehub.kit.replica.change_log import ChangeLog

CHANNEL = "lineage_graph"
LOG = ChangeLog(ChangeRow, CHANNEL, "edges", "models")

_KEY = "hashtext(current_schema() || '.edges')"
_SHARED = text(f"SELECT pg_advisory_xact_lock_shared({_KEY})")
_EXCLUSIVE = text(f"SELECT pg_advisory_xact_lock({_KEY})")


async def lock(session: AsyncSession, *, exclusive: bool) -> None:
    """Keep the ranks of stored models until the transaction ends.

    Any number of transactions share the lock, and add edges that suit the order. Only one that
    changes ranks needs it alone.
    """
    await session.execute(_EXCLUSIVE if exclusive else _SHARED)


async def log(session: AsyncSession, edges: Collection[int], models: Collection[int]) -> None:
    """Log the edges and models that changed, and wake the graphs in memory at the commit."""
    await LOG.log(session, edges=edges, models=models)
