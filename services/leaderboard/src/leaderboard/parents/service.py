"""The rules of parents: the facts that the leaderboard keeps about a merge."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.facts.changes import LOG
from leaderboard.facts.models import ModelRow
from leaderboard.names import spelled
from leaderboard.parents import repository
from mergehub.contracts.events import ModelProduced
from mergehub.contracts.kinds.merge import Parent


async def learn_production(session: AsyncSession, produced: ModelProduced) -> None:
    """Store the parents of a merge, and the base of each adapter among them."""
    told = produced.parents
    parents = [await _values(session, each, produced.run, produced.method) for each in told]
    name = await spelled(session, produced.name)
    await repository.replace(session, name, parents)
    changed = [name]
    for parent in produced.parents:
        changed += await _learn_base(session, parent, produced.run)
    query = select(ModelRow.id).where(ModelRow.name.in_(changed))
    await LOG.log(session, models=(await session.scalars(query)).all())


async def _learn_base(session: AsyncSession, model: Parent, run: UUID) -> list[str]:
    """Store the base of an adapter, and its base; the names of the models that have one now."""
    if model.base is None:
        return []
    base = model.base.model_copy(update={"relation": "adapter", "role": "base"})
    name = await spelled(session, model.name)
    await repository.replace(session, name, [await _values(session, base, run, None)])
    return [name, *await _learn_base(session, base, run)]


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
