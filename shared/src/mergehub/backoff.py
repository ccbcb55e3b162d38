"""How long to wait before a retry: by a plan of our own, or as a server asks."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count

MOST_FAILURES = 64
"""From here on, the growth of pauses is not computed any further."""


@dataclass(frozen=True)
class Backoff:
    """Pauses that grow by `factor` with each failure in a row, from `first` to `longest`.

    A share of `jitter` is random, so that clients which fail together do not return together: a
    pause of p seconds is one of (1 - jitter) p to p.
    """

    first: float
    longest: float = math.inf
    factor: float = 2.0
    jitter: float = 0.0

    def pause(self, failures: int) -> float:
        """The seconds to wait after a number of failures in a row."""
        grown = self.first * self.factor ** (min(failures, MOST_FAILURES) - 1)
        return min(grown, self.longest) * (1 - random.uniform(0, self.jitter))

    def pauses(self) -> Iterator[float]:
        """The pauses after the first failure, the second and so on, without an end."""
        return map(self.pause, count(1))


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """The seconds of a `Retry-After` header (RFC 9110: seconds or a date); None for other text."""
    value = (value or "").strip()
    if value.isascii() and value.isdecimal():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())
