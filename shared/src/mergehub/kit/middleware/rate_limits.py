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
    """Whether a request may go on, how many more may come now, and when all may again."""

    allowed: bool
    remaining: int
    full_seconds: float
    wait_seconds: float


@dataclass
class Grant:
    """Requests of a caller that Redis has counted already, to be spent here within a second."""

    size: int
    left: int
    verdict: Verdict
    until: float

    def told(self) -> Verdict:
        """The verdict for one of them: what is left here is the caller's too."""
        told = self.verdict
        return Verdict(
            told.allowed, told.remaining + self.left, told.full_seconds, told.wait_seconds
        )


class Limiter:
    """Asks Redis, and lets everyone pass while it is away: limits must not be what fails.

    Who asks a lot is counted some requests ahead, a hundredth of the quota at most, and Redis is
    asked the less; what is not spent within a second is lost to the caller.

    After a failure nobody asks for a while, so that a slow Redis slows one request and not all.
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
            "Requests that passed uncounted because Redis was away",
            registry=metrics,
        )

    async def take(self, redis: Redis, quota: Quota, caller: str) -> Verdict | None:
        """Count a request of `caller`; None where nobody could count it."""
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
                if clock() >= self._away_until:  # the first of those who wait tells it
                    log.error("limits.failed_open", error=f"{type(error).__name__}: {error}")
                    self._away_until = clock() + self.PAUSE_SECONDS
        self._open.inc()
        return None

    async def _ask(self, redis: Redis, quota: Quota, caller: str) -> Verdict:
        """Have one request counted, or twice as many as the last time where those were spent.

        Whoever asks for many takes the last grant away, so that those beside ask for one.
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
    """How many of the `wanted` requests were counted, and what then is left."""
    taken, remaining, full, wait = await redis.register_script(TAKE)(
        keys=[f"mergehub:limit:{quota.name}:{caller}"],
        args=[quota.seconds * MICROSECONDS, quota.requests, wanted],
    )
    verdict = Verdict(taken > 0, remaining, full / MICROSECONDS, wait / MICROSECONDS)
    return taken, verdict
