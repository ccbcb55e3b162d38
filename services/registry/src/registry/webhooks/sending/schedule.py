"""When a delivery is attempted, and what an answer means for it and for its endpoint."""

from __future__ import annotations

import random
from dataclasses import dataclass
from http import HTTPStatus

MINUTE, HOUR = 60, 3600

PAUSES = (
    0, 5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR
)  # fmt: skip
"""Seconds before each of the ten attempts, as Standard Webhooks recommends."""

ATTEMPTS = len(PAUSES)
JITTER = 0.2
LONGEST_PAUSE = 24 * HOUR
OVERLOADED_SECONDS = 15
OVERLOADED = frozenset(
    {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}
)


@dataclass(frozen=True)
class Verdict:
    """The consequence for a delivery (after `pause` it is retried) and for its endpoint."""

    state: str
    pause: float = 0.0
    rest: float = 0.0
    gone: bool = False


def judge(attempt: int, status: int | None, asked: float | None) -> Verdict:
    """Return the verdict on attempt number `attempt`; `status` is None if no answer came.

    2xx is a success and everything else a failure, redirects too. 410 disables the endpoint. 429,
    502, 504 and any `Retry-After` (`asked` seconds, a day at most) pause it.
    """
    if status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Verdict("delivered")
    if status == HTTPStatus.GONE:
        return Verdict("failed", gone=True)
    asked = min(asked or 0.0, LONGEST_PAUSE)
    rest = asked
    if status in OVERLOADED:
        rest = max(rest, _jittered(OVERLOADED_SECONDS))
    if attempt >= ATTEMPTS:
        return Verdict("failed", rest=rest)
    return Verdict("pending", pause=pause_before(attempt + 1, asked), rest=rest)


def pause_before(attempt: int, asked: float = 0.0) -> float:
    """Seconds to wait before attempt number `attempt` (from 1), as planned or asked if longer."""
    return _jittered(max(PAUSES[attempt - 1], asked))


def _jittered(seconds: float) -> float:
    return seconds * (1 + random.uniform(0, JITTER))
