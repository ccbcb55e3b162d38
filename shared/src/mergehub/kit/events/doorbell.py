"""The doorbell: an arq job that notifies workers of one hardware class that a run is due.

It carries no state. The registry's row is the authority, so a lost, doubled or late bell does no
harm: the sweeper rings again, and the claim decides which worker gets the run.

A bell also knocks, which wakes one idle worker: the worker waits for the knock instead of polling
the queue many times a second. A lost knock, or one too many, costs one look at the queue.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from arq import ArqRedis
from arq.constants import job_key_prefix
from arq.jobs import serialize_job
from redis.asyncio import Redis

EXECUTE_RUN = "execute_run"
EXPIRES_MS = 24 * 3600 * 1000  # after the last ring; the sweeper rings again
KNOCKS_KEPT = 1000


@dataclass(frozen=True)
class DueRun:
    """A run that is due at `at`, or now.

    `turn` is the fence, which changes with every claim. So a run that returns to the queue rings
    again, while two rings between claims make one bell.
    """

    run_id: UUID
    hardware: str
    turn: int
    at: datetime | None = None

    @property
    def job_id(self) -> str:
        return f"run:{self.run_id}:{self.turn}:{self.hardware}"


def queue_name(hardware: str) -> str:
    """The arq queue that workers of a hardware class listen to."""
    return f"mergehub:queue:{hardware}"


def knock_name(hardware: str) -> str:
    """The list whose elements wake one idle worker each."""
    return f"mergehub:knock:{hardware}"


def health_name(worker: str) -> str:
    """The key that a worker keeps alive while it listens; arq would share one per queue."""
    return f"mergehub:worker:{worker}"


def serialize(job: dict[str, Any]) -> bytes:
    """An arq job as JSON; with arq's own pickle, anyone who writes to Redis could run code."""
    return json.dumps(job, default=str).encode()


def deserialize(data: bytes) -> dict[str, Any]:
    """The arq job that `serialize` wrote. Raises ValueError if `data` is not a JSON object."""
    job = json.loads(data)
    if not isinstance(job, dict):
        raise ValueError("A job must be a JSON object.")
    return job


def job_pool(redis: Redis) -> ArqRedis:
    """An arq client that uses the connections of `redis` and does not close them."""
    return ArqRedis(redis.connection_pool, job_serializer=serialize, job_deserializer=deserialize)


async def ring(redis: Redis, runs: Sequence[DueRun]) -> None:
    """Enqueue `execute_run` for each run in one round trip; a waiting bell keeps its place.

    arq's `enqueue_job` would take three round trips a run, and would not repair a bell that lost
    its place in the queue.
    """
    now = time.time_ns() // 1_000_000
    async with redis.pipeline(transaction=False) as pipe:
        for run in runs:
            due = int(run.at.timestamp() * 1000) if run.at else now
            expires = max(0, due - now) + EXPIRES_MS
            pipe.psetex(job_key_prefix + run.job_id, expires, _job(run, now))
            pipe.zadd(queue_name(run.hardware), {run.job_id: due}, nx=True)
            pipe.lpush(knock_name(run.hardware), 1)
        for hardware in {run.hardware for run in runs}:
            pipe.ltrim(knock_name(hardware), 0, KNOCKS_KEPT - 1)
        await pipe.execute()


def _job(run: DueRun, now: int) -> bytes:
    return serialize_job(EXECUTE_RUN, (str(run.run_id),), {}, None, now, serializer=serialize)
