"""The doorbell: an arq job that tells workers of one hardware class that a run is due.

It carries no state. The registry's row is the truth, so a bell that is lost, doubled or late does
no harm: the sweeper rings again, and a claim decides who works.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from arq import ArqRedis
from redis.asyncio import Redis

EXECUTE_RUN = "execute_run"

# A bell that nobody answered makes room for the sweeper's next one.
EXPIRES_SECONDS = 60


def queue_name(hardware: str) -> str:
    """The arq queue that workers of a hardware class listen to."""
    return f"mergehub:queue:{hardware}"


def serialize(job: dict[str, Any]) -> bytes:
    """An arq job as JSON; arq's own pickle would let whoever writes to Redis run code."""
    return json.dumps(job, default=str).encode()


def deserialize(data: bytes) -> dict[str, Any]:
    """The arq job behind `serialize`. Raises ValueError where `data` is no JSON object."""
    job = json.loads(data)
    if not isinstance(job, dict):
        raise ValueError("A job is a JSON object.")
    return job


def job_pool(redis: Redis) -> ArqRedis:
    """An arq client on the connections of `redis`, which keeps owning them."""
    return ArqRedis(redis.connection_pool, job_serializer=serialize, job_deserializer=deserialize)


async def ring(
    pool: ArqRedis, run_id: UUID, hardware: str, turn: int, due: datetime | None = None
) -> bool:
    """Enqueue `execute_run(run_id)` for `due`, or for now; False where this turn's bell waits.

    `turn` changes with every claim (the fence does), so a run that comes back to the queue rings
    anew while ringing twice in between is one bell.
    """
    wait = (due - datetime.now(UTC)).total_seconds() if due else 0.0
    job = await pool.enqueue_job(
        EXECUTE_RUN,
        str(run_id),
        _job_id=f"run:{run_id}:{turn}:{hardware}",
        _queue_name=queue_name(hardware),
        _defer_until=due,
        _expires=max(0.0, wait) + EXPIRES_SECONDS,
    )
    return job is not None
