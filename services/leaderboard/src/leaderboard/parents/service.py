"""The rules of parents: the facts that the leaderboard keeps about a merge."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.names import spelled
from leaderboard.parents import repository
from leaderboard.tables import CHANGED
from mergehub.contracts.events import ModelProduced
from mergehub.contracts.kinds.merge import Parent
from mergehub.kit.database.notify import notify


async def learn_production(session: AsyncSession, produced: ModelProduced) -> None:
    """Store the parents of a merge, and the base of each adapter among them."""
    told = produced.parents
    parents = [await _values(session, each, produced.run, produced.method) for each in told]
    await repository.replace(session, await spelled(session, produced.name), parents)
    for parent in produced.parents:
        await _learn_base(session, parent, produced.run)
    await notify(session, CHANGED)


async def _learn_base(session: AsyncSession, model: Parent, run: UUID) -> None:
    if model.base is None:
        return
    base = model.base.model_copy(update={"relation": "adapter", "role": "base"})
    name = await spelled(session, model.name)
    await repository.replace(session, name, [await _values(session, base, run, None)])
    await _learn_base(session, base, run)


async def _values(
    session: AsyncSession, parent: Parent, run: UUID, method: str | None
) -> dict[str, Any]:
    return {
        "parent": await spelled(session, parent.name),
        "role": parent.role,
        "relation": parent.relation,
        "weight": parent.weight,
        "method": method,
        "run": run,
    }
