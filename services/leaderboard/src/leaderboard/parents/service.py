"""What is kept of a production."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.parents import repository
from mergehub.contracts.events import ModelProduced
from mergehub.contracts.runs import Parent


async def learn_production(session: AsyncSession, produced: ModelProduced) -> None:
    """Keep the parents of a merge, and the base of each adapter among them."""
    parents = [_values(parent, produced.run, produced.method) for parent in produced.parents]
    await repository.replace(session, produced.name, parents)
    for parent in produced.parents:
        await _learn_base(session, parent, produced.run)


async def _learn_base(session: AsyncSession, model: Parent, run: UUID) -> None:
    if model.base is None:
        return
    base = model.base.model_copy(update={"relation": "adapter", "role": "base"})
    await repository.replace(session, model.name, [_values(base, run, None)])
    await _learn_base(session, base, run)


def _values(parent: Parent, run: UUID, method: str | None) -> dict[str, Any]:
    return {
        "parent": parent.name,
        "role": parent.role,
        "relation": parent.relation,
        "weight": parent.weight,
        "method": method,
        "run": run,
    }
