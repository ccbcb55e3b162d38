"""The counts behind an account's quotas of runs."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func

from mergehub.contracts.kinds import MAKERS
from mergehub.contracts.runs import RunState
from registry.accounts.quotas import Count, number
from registry.runs.errors import RunQuotaExceeded
from registry.runs.models import RunRow
from registry.stored.counts import BYTES

DAY = timedelta(days=1)
UNFINISHED = RunRow.state.in_((RunState.QUEUED, RunState.RUNNING))

ACTIVE = Count(
    "runs_active",
    "queued or running runs",
    lambda who: number(RunRow.owner == who, UNFINISHED),
    RunQuotaExceeded,
)
TODAY = Count(
    "runs_a_day",
    "runs submitted in the last 24 hours",
    lambda who: number(RunRow.owner == who, RunRow.created_at > func.now() - DAY),
    RunQuotaExceeded,
)

COUNTS = (ACTIVE, TODAY)


def counts_of(kind: str, *, again: bool = False) -> list[Count]:
    """The counts that limit a run of a kind; one that is queued `again` was submitted before."""
    counts = [ACTIVE] if again else [ACTIVE, TODAY]
    return [*counts, BYTES] if kind in MAKERS else counts
