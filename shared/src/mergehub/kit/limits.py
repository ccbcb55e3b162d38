"""How often a caller may ask: buckets in Redis that fill again all the time (GCRA).

One number per caller and quota: when its bucket will be full again. One script reads and moves
it, by Redis's own clock, so all replicas count together.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog
from prometheus_client import CollectorRegistry, Counter
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()

MICROSECONDS = 1_000_000

TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local window, quota = tonumber(ARGV[1]), tonumber(ARGV[2])
local step = math.floor(window / quota)
local full = math.max(now, tonumber(redis.call('GET', KEYS[1]) or now))
local wait = full + step - window - now
if wait > 0 then
  return {0, 0, full - now, wait}
end
full = full + step
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return {1, math.min(quota - 1, math.floor((now + window - full) / step)), full - now, 0}
"""


@dataclass(frozen=True)
class Quota:
    """At most `requests` in `seconds`; all of them may come at once."""

    name: str
    requests: int
    seconds: int = 60


@dataclass(frozen=True)
class Verdict:
    """Whether a request may go on, how many more may come now, and when all may again."""

    allowed: bool
    remaining: int
    full_seconds: float
    wait_seconds: float


class Limiter:
    """Asks Redis, and lets everyone pass while it is away: limits must not be what fails.

    After a failure nobody asks for a while, so that a slow Redis slows one request and not all.
    """

    ANSWER_SECONDS = 0.25
    PAUSE_SECONDS = 5.0

    def __init__(self, metrics: CollectorRegistry) -> None:
        self._away_until = 0.0
        self._open = Counter(
            "mergehub_limits_failed_open",
            "Requests that passed uncounted because Redis was away",
            registry=metrics,
        )

    async def take(self, redis: Redis, quota: Quota, caller: str) -> Verdict | None:
        """Count a request of `caller`; None where nobody could count it."""
        clock = asyncio.get_running_loop().time
        if clock() >= self._away_until:
            try:
                async with asyncio.timeout(self.ANSWER_SECONDS):
                    return await _take(redis, quota, caller)
            except (RedisError, OSError, TimeoutError) as error:
                if clock() >= self._away_until:  # the first of those who wait tells it
                    log.error("limits.failed_open", error=f"{type(error).__name__}: {error}")
                    self._away_until = clock() + self.PAUSE_SECONDS
        self._open.inc()
        return None


async def _take(redis: Redis, quota: Quota, caller: str) -> Verdict:
    script = redis.register_script(TAKE)
    allowed, remaining, full, wait = await script(
        keys=[f"mergehub:limit:{quota.name}:{caller}"],
        args=[quota.seconds * MICROSECONDS, quota.requests],
    )
    return Verdict(bool(allowed), remaining, full / MICROSECONDS, wait / MICROSECONDS)
