"""How long to wait before the same is tried again: by a plan of ours, or as a server asks."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count

MOST_FAILURES = 64
"""By then every pause is the longest; so no power of a large number is worked out."""


@dataclass(frozen=True)
class Backoff:
    """Pauses that grow by `factor` with each failure in a row, from `first` to `longest`.

    A share of `jitter` is drawn at random, so that those who failed together do not come back
    together: a pause of p seconds is one of (1 - jitter) p to p.
    """

    first: float
    longest: float = math.inf
    factor: float = 2.0
    jitter: float = 0.0

    def pause(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row."""
        grown = self.first * self.factor ** (min(failures, MOST_FAILURES) - 1)
        return min(grown, self.longest) * (1 - random.uniform(0, self.jitter))

    def pauses(self) -> Iterator[float]:
        """The pause after the first failure, the second and so on, without an end."""
        return map(self.pause, count(1))


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds by a `Retry-After` header (RFC 9110: seconds or a date); None if it is neither."""
    value = (value or "").strip()
    if value.isascii() and value.isdecimal():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())
