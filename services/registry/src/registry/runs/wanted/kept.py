"""Results that a worker answered from what an earlier run measured."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from registry.runs.models import RunRow


async def without_hidden(session: AsyncSession, run: RunRow) -> dict[str, Any]:
    """The result of `run`, whose `cached` names no run that is private to another account.

    There it names the run itself: that the score was known stays on record, but not whose it was.
    """
    result = deepcopy(run.result or {})
    named = {UUID(scored["cached"]) for scored in scores_of(result) if scored.get("cached")}
    if not named:
        return result
    rows = await session.scalars(select(RunRow).where(RunRow.id.in_(named)))
    seen = {str(each.id) for each in rows if each.private_to in (None, run.owner)}
    for scored in scores_of(result):
        if scored.get("cached") and scored["cached"] not in seen:
            scored["cached"] = str(run.id)
    return result


def scores_of(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every score of a result, also those of an ablation's candidates."""
    yield from result.get("results", [])
    for candidate in result.get("candidates", []):
        yield from candidate["results"]
