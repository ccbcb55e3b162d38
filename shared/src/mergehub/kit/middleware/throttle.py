"""429 for callers over their quota, and `RateLimit` headers for all (IETF ratelimit-headers)."""

from __future__ import annotations

import math

from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mergehub.kit.identity.callers import Callers
from mergehub.kit.middleware.bodies import PROBES
from mergehub.kit.middleware.rate_limits import Limiter, Quota, Verdict
from mergehub.kit.problems.answers import answer
from mergehub.kit.problems.exhausted import TooManyRequests
from mergehub.kit.settings.service import ServiceSettings

Fields = list[tuple[bytes, bytes]]

READS = frozenset({"GET", "HEAD"})


class Throttle:
    """ASGI middleware that counts requests as reads or writes of their caller."""

    def __init__(self, app: ASGIApp, settings: ServiceSettings, metrics: CollectorRegistry) -> None:
        self._app = app
        self._reads = Quota("reads", settings.rate_reads)
        self._writes = Quota("writes", settings.rate_writes)
        self._callers = Callers()
        self._limiter = Limiter(metrics)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        quota = self._quota(scope)
        caller = await self._callers.of(scope) if quota else None
        if quota is None or caller is None or caller.free:
            await self._app(scope, receive, send)
            return
        redis = scope["app"].state.resources.redis
        verdict = await self._limiter.take(redis, quota, caller.key)
        telling = _telling(send, _fields(quota, verdict))
        if verdict is not None and not verdict.allowed:
            await _refusal(quota, verdict)(scope, receive, telling)
            return
        await self._callers.learn(scope)
        await self._app(scope, receive, telling)

    def _quota(self, scope: Scope) -> Quota | None:
        if scope["type"] != "http" or scope["path"] in PROBES or scope["method"] == "OPTIONS":
            return None
        quota = self._reads if scope["method"] in READS else self._writes
        return quota if quota.requests else None


def _fields(quota: Quota, verdict: Verdict | None) -> Fields:
    """Fields of draft-ietf-httpapi-ratelimit-headers; only the policy if Redis did not count."""
    policy = f'"{quota.name}";q={quota.requests};w={quota.seconds}'
    fields = [(b"ratelimit-policy", policy.encode())]
    if verdict is not None:
        told = f'"{quota.name}";r={verdict.remaining};t={math.ceil(verdict.full_seconds)}'
        fields.append((b"ratelimit", told.encode()))
    return fields


def _refusal(quota: Quota, verdict: Verdict) -> ASGIApp:
    seconds = max(1, math.ceil(verdict.wait_seconds))
    return answer(
        TooManyRequests(
            f"The limit is {quota.requests} {quota.name} in {quota.seconds} s. Wait {seconds} s.",
            headers={"Retry-After": str(seconds)},
        )
    )


def _telling(send: Send, fields: Fields) -> Send:
    async def telling(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *fields]
        await send(message)

    return telling
