"""What is stated again: the fact is there, and may have been withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.facts.resolved import Resolved

_THERE = text(
    """
    SELECT facts.id, facts.fact, facts.origin_id, facts.withdrawal_id,
      withdrawals.moderated, withdrawals.reason
    FROM facts LEFT JOIN withdrawals ON withdrawals.id = facts.withdrawal_id
    WHERE facts.fact = ANY(:facts)
    """
)
_ALSO = text(
    """
    INSERT INTO restatements (fact_id, origin_id)
    SELECT * FROM unnest(CAST(:facts AS bigint[]), CAST(:origins AS int[])) ON CONFLICT DO NOTHING
    """
)
_REVIVE = text(
    """
    UPDATE facts SET withdrawal_id = NULL, origin_id = revived.origin
    FROM unnest(CAST(:facts AS bigint[]), CAST(:origins AS int[])) AS revived (fact, origin)
    WHERE facts.id = revived.fact
    """
)


async def state_again(
    session: AsyncSession, again: Mapping[UUID, Resolved]
) -> tuple[dict[UUID, int], dict[UUID, str]]:
    """Note other origins of known facts, and bring back those that their importer withdrew.

    Returns the facts that are back, by their ids, and those that a moderator withdrew, with why.
    """
    if not again:
        return {}, {}
    rows = (await session.execute(_THERE, {"facts": list(again)})).all()
    refused = {row.fact: row.reason for row in rows if row.moderated}
    revived = {row.fact: row.id for row in rows if row.withdrawal_id and not row.moderated}
    others = {
        row.fact: row.id
        for row in rows
        if row.withdrawal_id is None and row.origin_id != again[row.fact].origin
    }
    for query, facts in ((_REVIVE, revived), (_ALSO, others)):
        if facts:
            origins = [again[fact].origin for fact in facts]
            await session.execute(query, {"facts": list(facts.values()), "origins": origins})
    return revived, refused
