"""The deliveries as a queue: taken under a lease, settled under that same lease.

The time is the database's. A lease that ended is no lease: the delivery is due again, and whoever
held it is not heard any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from registry.webhooks.attempt import Letter, Reply
from registry.webhooks.models import AttemptRow, DeliveryRow
from registry.webhooks.schedule import Verdict
from registry.webhooks.signing import message_id

LEASE_SECONDS = 60
KEPT_DAYS = 30
FORGOTTEN_AT_ONCE = 1000

# For each endpoint as many due deliveries as it has room for, so that a long line before one door
# hides no other door. Of an ordered endpoint only the first of each subject has its turn.
_CLAIM = text("""
WITH found AS (
    SELECT one.id, one.due_at, endpoint.failing_since IS NOT NULL AS failing
    FROM webhook_endpoints AS endpoint
    LEFT JOIN unnest(CAST(:known AS uuid[]), CAST(:rooms AS int[])) AS known (id, room)
        ON known.id = endpoint.id
    CROSS JOIN LATERAL (
        SELECT each.id, each.due_at
        FROM webhook_deliveries AS each
        WHERE each.endpoint_id = endpoint.id AND each.state = 'pending' AND each.due_at <= now()
            AND NOT (endpoint.ordered AND EXISTS (
                SELECT FROM webhook_deliveries AS earlier
                WHERE earlier.endpoint_id = endpoint.id AND earlier.subject = each.subject
                    AND earlier.state = 'pending' AND earlier.position < each.position
            ))
        ORDER BY each.due_at, each.id
        LIMIT greatest(0, coalesce(known.room, CASE WHEN endpoint.failing_since IS NULL
            THEN CAST(:first AS int) ELSE CAST(:failing AS int) END))
        FOR UPDATE SKIP LOCKED
    ) AS one
    WHERE endpoint.disabled_at IS NULL
        AND (endpoint.paused_until IS NULL OR endpoint.paused_until <= now())
), due AS (
    SELECT id, failing, row_number() OVER (PARTITION BY failing ORDER BY due_at) AS place
    FROM found
)
UPDATE webhook_deliveries AS delivery
SET lease = :lease, due_at = now() + make_interval(secs => :seconds)
FROM due, webhook_endpoints AS endpoint
WHERE delivery.id = due.id AND endpoint.id = delivery.endpoint_id
    AND due.place <= CASE WHEN due.failing THEN CAST(:failing_total AS int)
        ELSE CAST(:total AS int) END
RETURNING delivery.id, delivery.endpoint_id, delivery.event_id, delivery.body, delivery.attempt,
    endpoint.url, endpoint.secret, due.failing,
    CASE WHEN endpoint.previous_until > now() THEN endpoint.previous_secret END AS previous
""")

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


@dataclass(frozen=True)
class Claimed:
    """A delivery in hand, and the letter to send for it; `failing` tells how its endpoint fared."""

    id: int
    lease: UUID
    endpoint: UUID
    attempt: int
    failing: bool
    letter: Letter


@dataclass(frozen=True)
class Outcome:
    """A delivery that was tried."""

    claimed: Claimed
    reply: Reply
    verdict: Verdict


@dataclass(frozen=True)
class Room:
    """How many deliveries may be taken: to endpoints that fare well and to those that fail in all,
    to those of `known`, and to any other one."""

    total: int
    failing_total: int
    known: Mapping[UUID, int]
    first: int
    failing: int


async def claim(session: AsyncSession, room: Room) -> list[Claimed]:
    """Take due deliveries in hand, as many as there is room for."""
    lease = uuid4()
    values = {
        "known": list(room.known.keys()),
        "rooms": list(room.known.values()),
        "first": room.first,
        "failing": room.failing,
        "total": room.total,
        "failing_total": room.failing_total,
        "lease": lease,
        "seconds": float(LEASE_SECONDS),
    }
    return [_claimed(row, lease) for row in await session.execute(_CLAIM, values)]


def _claimed(row: Any, lease: UUID) -> Claimed:
    return Claimed(
        id=row.id,
        lease=lease,
        endpoint=row.endpoint_id,
        attempt=row.attempt + 1,
        failing=row.failing,
        letter=Letter(
            url=row.url,
            secrets=[each for each in (row.secret, row.previous) if each],
            message=message_id(row.event_id),
            body=row.body.encode(),
        ),
    )


async def settle(session: AsyncSession, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Write down how deliveries went; returns those whose lease was still held."""
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
    return heard


async def release(session: AsyncSession, claimed: Sequence[Claimed]) -> None:
    """Hand deliveries back untried, so that another sender need not wait for the lease's end."""
    leases = {each.lease for each in claimed}
    await session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.lease.in_(leases), DeliveryRow.id.in_([each.id for each in claimed]))
        .values(lease=None, due_at=func.now())
        .execution_options(synchronize_session=False)
    )


async def forget_old_deliveries(session: AsyncSession) -> None:
    """Drop what ended a month ago, with its log."""
    old = DeliveryRow.finished_at < func.now() - func.make_interval(0, 0, 0, KEPT_DAYS)
    some = select(DeliveryRow.id).where(old).limit(FORGOTTEN_AT_ONCE)
    await session.execute(delete(DeliveryRow).where(DeliveryRow.id.in_(some)))


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
