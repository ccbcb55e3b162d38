"""Metrics of a replica: how large it is, and how far behind the tables."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge

S_contra = TypeVar("S_contra", contravariant=True)


class ReplicaMetrics(Generic[S_contra]):
    """Those of one replica, whose names begin with `mergehub_` and the replica's `name`.

    - `what`: what is in memory, for the descriptions. `sizes`: what is counted of it, and how.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        name: str,
        what: str,
        sizes: Mapping[str, tuple[str, Callable[[S_contra], int]]],
    ) -> None:
        self._read_at = -math.inf
        prefix = f"mergehub_{name}"
        self._sizes = [
            (Gauge(f"{prefix}_{each}", about, registry=registry), count)
            for each, (about, count) in sizes.items()
        ]
        changes = f"Changes that {what} in memory has applied"
        self._changes = Counter(f"{prefix}_changes", changes, registry=registry)
        behind = f"How long ago {what} in memory was up to date with the tables"
        age = Gauge(f"{prefix}_behind_seconds", behind, registry=registry)
        age.set_function(self.behind_seconds)

    def behind_seconds(self) -> float:
        """How long ago the log was read to its end; infinite before the first load."""
        return time.monotonic() - self._read_at

    def applied(self, changes: int) -> None:
        self._changes.inc(changes)

    def looked(self, state: S_contra) -> None:
        """Note that the log was read to its end."""
        self._read_at = time.monotonic()
        for gauge, count in self._sizes:
            gauge.set(count(state))
