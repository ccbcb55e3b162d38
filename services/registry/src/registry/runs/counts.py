"""The counts behind an account's quotas of runs."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func

from mergehub.contracts.runs import RunState
from registry.accounts.quotas import Count, number
from registry.runs.errors import RunQuotaExceeded
from registry.runs.models import RunRow

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
