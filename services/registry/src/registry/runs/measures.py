"""Metrics of runs: what this process counts as it changes them. `readings` has those of tables."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.hardware import HARDWARE
from mergehub.contracts.kinds import KINDS
from mergehub.contracts.runs import RunState
from mergehub.kit.database.database import after_commit
from mergehub.recipe.methods import catalogue
from registry.runs.models import RunRow
from registry.runs.wanted.kept import scores_of

WAITS = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 6 * 3600, 24 * 3600)
SECONDS = (1, 5, 15, 60, 300, 900, 3600, 3 * 3600, 12 * 3600)
BYTES_PER_SECOND = tuple(float(10**6 * 4**power) for power in range(9))  # 1 MB/s to 65 GB/s
ITEMS_PER_SECOND = (0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000)
SIZES = (10**9, 5 * 10**9, 20 * 10**9, 100 * 10**9)
SIZE_NAMES = ("under 1 GB", "1 to 5 GB", "5 to 20 GB", "20 to 100 GB", "over 100 GB")
OTHER = "other"

CODES = frozenset({
    "ablation-failed", "attempts-exhausted", "child-crashed", "child-killed", "disk-full",
    "evaluation-failed", "harness-missing", "ingredient-changed", "lease-lapsed", "merge-failed",
    "model-not-stored", "out-of-memory", "push-failed", "push-not-allowed", "report-refused",
    "timed-out", "unforeseen", "verification-failed",
})  # fmt: skip
"""The codes of failures that have a series of their own: a worker could report any."""


class Measures:
    """Counts what happens to runs, each time once its transaction has committed."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, meaning: str, *labels: str) -> Counter:
            return Counter(name, meaning, labels, registry=registry)

        def histogram(
            name: str, meaning: str, buckets: tuple[float, ...], *labels: str
        ) -> Histogram:
            return Histogram(name, meaning, labels, registry=registry, buckets=buckets)

        self._waits = histogram(
            "mergehub_run_queue_seconds",
            "How long a run waited from its submission to its first claim",
            WAITS,
            "kind",
            "hardware",
        )
        self._attempts = counter(
            "mergehub_attempts_ended",
            "Attempts that ended; `returned` ones are queued again",
            "kind",
            "outcome",
        )
        self._failures = counter(
            "mergehub_runs_failed", "Runs that failed for good, by the code of the error", "code"
        )
        self._seconds = histogram(
            "mergehub_run_seconds",
            "How long the attempt of a run took that succeeded",
            SECONDS,
            "kind",
            "method",
            "size",
        )
        self._bytes = counter("mergehub_merged_bytes", "Bytes of the models that merges made")
        self._speed = histogram(
            "mergehub_merge_bytes_per_second",
            "Bytes of the model that a merge made, per second of its last attempt",
            BYTES_PER_SECOND,
            "method",
        )
        self._items = counter("mergehub_evaluated_items", "Items that evaluations scored")
        self._pace = histogram(
            "mergehub_evaluation_items_per_second",
            "Items that an evaluation scored, per second of its last attempt",
            ITEMS_PER_SECOND,
        )
        self._renewed = counter("mergehub_lease_renewals", "Leases that a heartbeat renewed")
        self._lapsed = counter("mergehub_leases_lapsed", "Leases that ended without a heartbeat")
        self._refused = counter(
            "mergehub_fences_refused", "Messages of workers that no longer hold the run"
        )
        for kind in KINDS:
            for hardware in HARDWARE:
                self._waits.labels(kind, hardware)
            for outcome in ("succeeded", "failed", "cancelled", "returned"):
                self._attempts.labels(kind, outcome)
        for code in (*sorted(CODES), OTHER):
            self._failures.labels(code)

    def claimed(self, run: RunRow, now: datetime) -> None:
        """Count the first claim of a run."""
        waited = (now - run.created_at).total_seconds()
        self._waits.labels(run.kind, run.hardware).observe(max(0.0, waited))

    def ended(self, run: RunRow, to: RunState, now: datetime) -> None:
        """Count the end of an attempt, in the state that it brings the run to."""
        outcome = "returned" if to is RunState.QUEUED else to.value
        self._attempts.labels(run.kind, outcome).inc()
        if to is RunState.FAILED:
            code = (run.error or {}).get("code")
            self._failures.labels(code if code in CODES else OTHER).inc()
        if to is RunState.SUCCEEDED and run.result is not None and run.claimed_at is not None:
            self._succeeded(run.kind, run.result, (now - run.claimed_at).total_seconds())

    def _succeeded(self, kind: str, result: dict[str, Any], seconds: float) -> None:
        method, size = "", ""
        worked = result.get("seconds") or 0
        if (made := result.get("bytes")) is not None:
            method = result["method"] if result.get("method") in catalogue() else OTHER
            size = SIZE_NAMES[bisect_right(SIZES, made)]
            self._bytes.inc(made)
            if worked > 0:
                self._speed.labels(method).observe(made / worked)
        measured = [each for each in scores_of(result) if not each.get("cached")]
        if items := sum(each["count"] for each in measured):
            self._items.inc(items)
            if worked > 0:
                self._pace.observe(items / worked)
        self._seconds.labels(kind, method, size).observe(seconds)

    def renewed(self) -> None:
        """Count a heartbeat that renewed a lease."""
        self._renewed.inc()

    def lapsed(self) -> None:
        """Count a lease that ended without a heartbeat."""
        self._lapsed.inc()

    def refused(self) -> None:
        """Count a message with a stale fence, which changes nothing."""
        self._refused.inc()


def measure(session: AsyncSession, count: Callable[[Measures], object]) -> None:
    """Count with the measures of this process once the transaction commits, if there are any."""
    measures = session.info.get(Measures)
    if measures is not None:
        after_commit(session, lambda: count(measures))
