"""Claiming due deliveries under a lease.

The time is the database's. When a lease ends, the delivery is due again, and its former holder can
no longer settle it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.identity.sealing import Sealer
from registry.webhooks.models import DeliveryRow
from registry.webhooks.secrets import SecretsUnreadable, bearer_place, place
from registry.webhooks.sending.attempt import Letter, Sealed
from registry.webhooks.signing import message_id

LEASE_SECONDS = 60
LOOK_AHEAD = 500

# Takes as many due deliveries for each endpoint as it has room for, so that the long queue of one
# endpoint hides no other. If an endpoint is ordered, only the first delivery of each subject may
# go; the others are in the queue as well, so the query looks further ahead there.
_CLAIM = text("""
WITH found AS (
    SELECT one.id, one.due_at, endpoint.failing_since IS NOT NULL AS failing
    FROM webhook_endpoints AS endpoint
    LEFT JOIN unnest(CAST(:known AS uuid[]), CAST(:rooms AS int[])) AS known (id, room)
        ON known.id = endpoint.id
    CROSS JOIN LATERAL (
        SELECT greatest(0, coalesce(known.room, CASE WHEN endpoint.failing_since IS NULL
            THEN CAST(:first AS int) ELSE CAST(:failing AS int) END)) AS room
    ) AS has
    CROSS JOIN LATERAL (
        SELECT each.id, each.due_at
        FROM (
            SELECT line.id, line.due_at, line.subject, line.position
            FROM webhook_deliveries AS line
            WHERE line.endpoint_id = endpoint.id AND line.state = 'pending'
                AND line.due_at <= now()
            ORDER BY line.due_at, line.id
            LIMIT CASE WHEN endpoint.ordered AND has.room > 0 THEN CAST(:look_ahead AS int)
                ELSE has.room END
            FOR UPDATE SKIP LOCKED
        ) AS each
        WHERE NOT endpoint.ordered OR each.position = (
            SELECT min(earlier.position) FROM webhook_deliveries AS earlier
            WHERE earlier.endpoint_id = endpoint.id AND earlier.subject = each.subject
                AND earlier.state = 'pending'
        )
        LIMIT has.room
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
    delivery.traceparent,
    endpoint.url, endpoint.secret, endpoint.bearer_token, endpoint.ordered, due.failing,
    CASE WHEN endpoint.previous_until > now() THEN endpoint.previous_secret END AS previous
""")


@dataclass(frozen=True)
class Claimed:
    """A claimed delivery and the letter to send for it; `failing`: its endpoint was failing."""

    id: int
    lease: UUID
    endpoint: UUID
    attempt: int
    failing: bool
    ordered: bool
    letter: Letter
    traceparent: str | None = None


@dataclass(frozen=True)
class Room:
    """How many deliveries may be claimed: for healthy and for failing endpoints in all, for each of
    `known`, and for any other one."""

    total: int
    failing_total: int
    known: Mapping[UUID, int]
    first: int
    failing: int


async def claim(session: AsyncSession, room: Room) -> list[Claimed]:
    """Claim due deliveries, as many as there is room for."""
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
        "look_ahead": LOOK_AHEAD,
    }
    return [_claimed(row, lease) for row in await session.execute(_CLAIM, values)]


def _claimed(row: Any, lease: UUID) -> Claimed:
    return Claimed(
        id=row.id,
        lease=lease,
        endpoint=row.endpoint_id,
        attempt=row.attempt + 1,
        failing=row.failing,
        ordered=row.ordered,
        letter=_letter(row),
        traceparent=row.traceparent,
    )


def _letter(row: Any) -> Letter:
    where, token = place(row.endpoint_id), row.bearer_token
    return Letter(
        url=row.url,
        secrets=[Sealed(each, where) for each in (row.secret, row.previous) if each],
        bearer_token=Sealed(token, bearer_place(row.endpoint_id)) if token else None,
        message=message_id(row.event_id),
        body=row.body.encode(),
    )


async def release(session: AsyncSession, claimed: Sequence[Claimed]) -> None:
    """Return unsent deliveries, so that another sender need not wait for the lease's end."""
    leases = {each.lease for each in claimed}
    await session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.lease.in_(leases), DeliveryRow.id.in_([each.id for each in claimed]))
        .values(lease=None, due_at=func.now())
        .execution_options(synchronize_session=False)
    )


def check_known(sealer: Sealer, letters: Iterable[Letter]) -> None:
    """Raise SecretsUnreadable if a key is missing that a letter needs.

    During a change of keys another process may have the key; that process sends the letter.
    """
    for letter in letters:
        for each in letter.sealed:
            if not sealer.knows(each.text):
                raise SecretsUnreadable(f"MERGEHUB_SECRETS_KEYS lacks the key of {each.place}.")
