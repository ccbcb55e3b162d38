"""Rate limits: buckets in Redis that refill continuously (GCRA).

Redis keeps one number for each caller and quota: the time at which its bucket is full again. One
script reads and advances it by Redis's own clock, so all replicas count together.
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
local window, quota, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local step = math.floor(window / quota)
local full = math.max(now, tonumber(redis.call('GET', KEYS[1]) or now))
local taken = math.min(wanted, math.floor((now + window - full) / step))
if taken < 1 then
  return {0, 0, full - now, full + step - window - now}
end
full = full + taken * step
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return {taken, math.min(quota - taken, math.floor((now + window - full) / step)), full - now, 0}
"""


@dataclass(frozen=True)
class Quota:
    """At most `requests` in `seconds`; all of them may come at once."""

    name: str
    requests: int
    seconds: int = 60


@dataclass(frozen=True)
class Verdict:
    """Whether a request may pass, how many may follow now, and when the quota is full again."""

    allowed: bool
    remaining: int
    full_seconds: float
    wait_seconds: float


@dataclass
class Grant:
    """Requests of a caller that Redis has counted in advance; they are valid for a second."""

    size: int
    left: int
    verdict: Verdict
    until: float

    def told(self) -> Verdict:
        """The verdict for one of them; the requests left in the grant count as remaining."""
        told = self.verdict
        return Verdict(
            told.allowed, told.remaining + self.left, told.full_seconds, told.wait_seconds
        )


class Limiter:
    """Asks Redis, and lets all requests pass while it does not answer, so that limits never fail.

    Some requests of a busy caller are counted in advance, at most a hundredth of the quota, to
    ask Redis less often. The caller loses what it does not use within a second.

    After a failure, the limiter does not ask for a while, so that a slow Redis delays one request
    and not all.
    """

    ANSWER_SECONDS = 0.25
    PAUSE_SECONDS = 5.0
    GRANT_SECONDS = 1.0
    GRANTS_AT_MOST = 10_000
    GRANTS_A_QUOTA = 100

    def __init__(self, metrics: CollectorRegistry) -> None:
        self._away_until = 0.0
        self._grants: dict[tuple[str, str], Grant] = {}
        self._open = Counter(
            "mergehub_limits_failed_open",
            "Requests that passed uncounted because Redis did not answer",
            registry=metrics,
        )

    async def take(self, redis: Redis, quota: Quota, caller: str) -> Verdict | None:
        """Count a request of `caller`; None if Redis could not count it."""
        clock = asyncio.get_running_loop().time
        grant = self._grants.get((quota.name, caller))
        if grant is not None and grant.left and clock() < grant.until:
            grant.left -= 1
            return grant.told()
        if clock() >= self._away_until:
            try:
                async with asyncio.timeout(self.ANSWER_SECONDS):
                    return await self._ask(redis, quota, caller)
            except (RedisError, OSError, TimeoutError) as error:
                if clock() >= self._away_until:  # only the first of the waiting requests logs it
                    log.error("limits.failed_open", error=f"{type(error).__name__}: {error}")
                    self._away_until = clock() + self.PAUSE_SECONDS
        self._open.inc()
        return None

    async def _ask(self, redis: Redis, quota: Quota, caller: str) -> Verdict:
        """Have one request counted, or twice as many as the last time if all those were used.

        A call that asks for many removes the last grant, so that concurrent calls ask for one.
        """
        now = asyncio.get_running_loop().time()
        last = self._grants.pop((quota.name, caller), None)
        doubled = 2 * last.size if last is not None and now < last.until else 1
        wanted = max(1, min(doubled, quota.requests // self.GRANTS_A_QUOTA))
        taken, verdict = await _take(redis, quota, caller, wanted)
        grant = Grant(taken, max(0, taken - 1), verdict, now + self.GRANT_SECONDS)
        if taken > 1 or (quota.name, caller) not in self._grants:
            if len(self._grants) >= self.GRANTS_AT_MOST:
                self._grants.clear()
            self._grants[quota.name, caller] = grant
        return grant.told()


async def _take(redis: Redis, quota: Quota, caller: str, wanted: int) -> tuple[int, Verdict]:
    """How many of the `wanted` requests were counted, and the verdict after that."""
    taken, remaining, full, wait = await redis.register_script(TAKE)(
        keys=[f"mergehub:limit:{quota.name}:{caller}"],
        args=[quota.seconds * MICROSECONDS, quota.requests, wanted],
    )
    verdict = Verdict(taken > 0, remaining, full / MICROSECONDS, wait / MICROSECONDS)
    return taken, verdict
