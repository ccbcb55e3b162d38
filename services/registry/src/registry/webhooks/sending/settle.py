"""Recording the outcomes of deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from registry.webhooks.models import AttemptRow
from registry.webhooks.sending.attempt import Reply
from registry.webhooks.sending.claim import Claimed
from registry.webhooks.sending.schedule import Verdict

_SETTLE = text("""
UPDATE webhook_deliveries AS delivery
SET state = outcome.state, attempt = attempt + 1, tries = tries + 1, lease = NULL,
    due_at = now() + make_interval(secs => outcome.pause),
    finished_at = CASE WHEN outcome.state <> 'pending' THEN now() END
FROM unnest(
    CAST(:ids AS bigint[]), CAST(:leases AS uuid[]), CAST(:states AS text[]),
    CAST(:pauses AS float8[])
) AS outcome (id, lease, state, pause)
WHERE delivery.id = outcome.id AND delivery.lease = outcome.lease
RETURNING delivery.id, delivery.tries
""")

# A delivery that waits for an earlier one of its subject is not due before that one, so that the
# long queue after a failure is not searched again and again.
_TURNS = text("""
UPDATE webhook_deliveries AS later
SET due_at = CASE WHEN first.state = 'pending' THEN first.due_at ELSE now() END
FROM webhook_deliveries AS first
WHERE first.id = ANY(CAST(:ids AS bigint[])) AND later.endpoint_id = first.endpoint_id
    AND later.subject = first.subject AND later.position > first.position
    AND later.state = 'pending' AND later.lease IS NULL
    AND CASE WHEN first.state = 'pending' THEN later.due_at < first.due_at
        ELSE later.due_at > now() END
""")


@dataclass(frozen=True)
class Outcome:
    """A delivery that was attempted."""

    claimed: Claimed
    reply: Reply
    verdict: Verdict


async def settle(session: AsyncSession, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Record the outcomes; return those whose lease was still held."""
    found = await session.execute(
        _SETTLE,
        {
            "ids": [each.claimed.id for each in outcomes],
            "leases": [each.claimed.lease for each in outcomes],
            "states": [each.verdict.state for each in outcomes],
            "pauses": [each.verdict.pause for each in outcomes],
        },
    )
    tries = {row.id: row.tries for row in found}
    heard = [each for each in outcomes if each.claimed.id in tries]
    if heard:
        rows = [_row(each, tries[each.claimed.id]) for each in heard]
        await session.execute(insert(AttemptRow), rows)
    ordered = [each.claimed.id for each in heard if each.claimed.ordered]
    if ordered:
        await session.execute(_TURNS, {"ids": ordered})
    return heard


def _row(outcome: Outcome, number: int) -> dict[str, object]:
    reply = outcome.reply
    return {
        "delivery_id": outcome.claimed.id,
        "number": number,
        "milliseconds": reply.milliseconds,
        "status": reply.status,
        "error": reply.error,
        "answer": reply.answer,
    }
